"""When you outgrow this: the same parameters in PyTorch, where training goes on.

What a network has learnt is its parameters, and nothing else. Here the network of `moons.py`, once
trained, hands its state dict to a network of `torch.nn` layers, in which names and shapes are the
same. That one then gives the same output for every point and, trained on, has the same losses.

You will see the state dict go over and come back, and how small the differences are: those of
rounding. This demo needs PyTorch; its version for CPUs is enough.
"""

import pathlib
import random
import sys

import command_line
from command_line import BadInput, Failed, positive
from micrograd.nn import MLP
from moons import L2, LR, accuracy, compiled, load, plain, train, two_moons

SIZES = (2, [16, 16, 1])
SAME = 1e-12                                    # the difference that rounding may make


# ── The network and its training, in PyTorch ──────────────────────────────────────────────────────

def torch_mlp(nin: int, nouts: list[int]):
    """What `MLP(nin, nouts)` is there."""
    import torch

    class TorchMLP(torch.nn.Module):
        def __init__(self):
            super().__init__()
            sizes = zip([nin, *nouts], nouts)
            self.layers = torch.nn.ModuleList([torch.nn.Linear(n, m) for n, m in sizes])

        def forward(self, x):
            *hidden, last = self.layers
            for layer in hidden:
                x = torch.relu(layer(x))
            return last(x).squeeze(-1)

    return TorchMLP().double()                  # 64 bits a number, as Python's; its habit is 32


def torch_train(model, samples, steps: int) -> list[float]:
    """What `train(model, compiled(model, "python"), samples, steps)` is there."""
    import torch
    points, kinds = (torch.tensor(column, dtype=torch.float64) for column in zip(*samples))
    optimizer, losses = torch.optim.Adam(model.parameters(), lr=LR), []
    for _ in range(steps):
        optimizer.zero_grad()
        penalty = L2 * sum((p ** 2).sum() for p in model.parameters())
        loss = torch.relu(1 - kinds * model(points)).mean() + penalty
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


# ── What is told ──────────────────────────────────────────────────────────────────────────────────

def tell(args) -> None:
    try:
        import torch
    except ImportError as error:
        raise BadInput(f"this demo needs PyTorch ({error}): pip install torch, or for a CPU alone, "
                       "which is smaller: pip install torch --index-url "
                       "https://download.pytorch.org/whl/cpu") from None
    rng = random.Random(args.seed)
    samples, unseen = two_moons(100, rng), two_moons(1000, rng)
    ours = MLP(*SIZES, rng=rng)
    if args.load:
        load(ours, args.load)
    else:
        print("Training the network of moons.py here:")
        train(ours, compiled(ours, "python"), samples, args.steps)
    print(f"{accuracy(ours, unseen):.1f} % of {len(unseen)} unseen points are right.\n")

    theirs = torch_mlp(*SIZES)
    state = {name: torch.tensor(tensor, dtype=torch.float64)
             for name, tensor in ours.state_dict().items()}
    theirs.load_state_dict(state)
    print("Its state dict, loaded by a network of torch.nn layers of PyTorch "
          f"{torch.__version__}:")
    for name, tensor in state.items():
        print(f"  {name:16}{' × '.join(map(str, tensor.shape))}")
    tell_outputs(ours, theirs, unseen)
    tell_losses(ours, theirs, samples, args.steps)

    ours.load_state_dict({name: tensor.tolist() for name, tensor in theirs.state_dict().items()})
    print(f"\nAnd back: with PyTorch's parameters, {accuracy(ours, unseen):.1f} % are right here.")


def tell_outputs(ours, theirs, unseen) -> None:
    import torch
    predict, points = plain(ours), [point for point, _ in unseen]
    with torch.no_grad():
        outputs = theirs(torch.tensor(points, dtype=torch.float64)).tolist()
    difference = max(abs(predict(point) - output) for point, output in zip(points, outputs))
    print(f"Their outputs for the {len(points)} points differ by {difference:.1e} at most.")
    require(difference <= SAME, f"outputs differ by {difference}, more than {SAME}")


def tell_losses(ours, theirs, samples, steps: int) -> None:
    print(f"\nBoth train on for {steps} steps of Adam:")
    here = train(ours, compiled(ours, "python"), samples, steps)
    there = torch_train(theirs, samples, steps)
    print(f"  {'step':>6}{'loss here':>22}{'loss in PyTorch':>22}")
    for step in sorted({*range(0, steps, max(1, steps // 5)), steps - 1}):
        print(f"  {step:6}{here[step]:22.15f}{there[step]:22.15f}")
    difference = max(abs(a - b) / abs(a) for a, b in zip(here, there))
    print(f"The losses differ by {difference:.1e} of themselves at most.")
    require(difference <= SAME, f"losses differ by {difference}, more than {SAME}")


def require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Failed(f"this is not the same network: {otherwise}")


# ── The command ───────────────────────────────────────────────────────────────────────────────────

def main() -> int:
    parser = command_line.parser(__doc__, seed=1, out=False)
    parser.add_argument("--steps", type=positive(int), default=60, metavar="N",
                        help="of training here, and then again of both (default: %(default)s)")
    parser.add_argument("--load", type=pathlib.Path, metavar="FILE",
                        help="take the parameters that moons.py saved, instead of training here")
    return command_line.run(tell, parser)


if __name__ == "__main__":
    sys.exit(main())
