"""What looks wrong with a loss, and the proof: one function a rule, its text as its docstring.

A rule looks at the `Survey` of all rows and yields findings. To add one, write it in the module
of its subject and give it a code; its name, its text for `xent rule`, its place among the choices
and in the outputs follow from the function.
"""
