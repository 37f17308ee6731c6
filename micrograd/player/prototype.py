"""Until the compiler speaks JavaScript."""
import json


def prototype(c):
    names, lines = {}, []
    code = c.code
    leaves = [line for line in code if line.op == "leaf"]
    means = [line for line in code if line.op == "mean"]

    def expr(line):
        a = [names[x] for x in line.args]
        op = line.op
        if op == "neg":
            return f"-({a[0]})"
        if op == "abs":
            return f"Math.abs({a[0]})"
        if op == "where":
            return f"({a[0]}) ? {a[1]} : {a[2]}"
        if op == "**":
            return f"Math.pow({a[0]}, {a[1]})"
        if op in ("==", "!="):
            op += "="
        if op in ("+", "-", "*", "/", "<", ">", "<=", ">=", "===", "!=="):
            return f"({a[0]}) {op} ({a[1]})"
        return f"Math.{op}({', '.join(a)})"

    for n, line in enumerate(code):
        if line.op == "constant":
            names[line] = json.dumps(float(line.value))
        elif line.op == "leaf":
            names[line] = f"parameters[{leaves.index(line)}]"
        elif line.op == "sample":
            names[line] = "sample" + "".join([f"[{i}]" for i in line.value])
        elif line.op == "return":
            lines.append(f"return [{', '.join(names[x] for x in line.args)}];")
        elif line.op == "mean":
            lines.append(f"sums[{means.index(line)}] += {names[line.args[0]]};")
        else:
            lines.append(f"const v{n} = {expr(line)};")
            names[line] = f"v{n}"
    if not means:
        return "function forward(sample, parameters) {\n" + "\n".join(lines) + "\n}"
    return (f"function step(samples, parameters) {{\nconst sums = Array({len(means)}).fill(0);\n"
            "for (const sample of samples) {\n" + "\n".join(lines) + "\n}\n"
            "const [mean, ...gradients] = sums.map((x) => x / samples.length);\n"
            "return [mean, gradients];\n}")
