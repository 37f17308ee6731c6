"""What the lessons stand on and nobody needs to read first.

`numbers.py` says what counts as a number, and has Python's `math` for any kind of number;
`errors.py` puts names into errors, and leaves things as they were when one is raised;
`nested.py` goes through nested lists, and `copies.py` copies graphs, both at any depth;
`node.py` is how a `Value` is stored, and `marks.py` notes which module returned it;
`files.py` writes files whole;
`shortcuts.py` does for the common cases what `engine.py` does for all, faster.
"""
