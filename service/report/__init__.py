"""The night report: what a session came to, in numbers (`figures`) and on one page (`page`).

The log alone is read, so a report can be made beside a running service and without one; it is the
same as JSON (`shapes`) and as HTML, which is written from the JSON's numbers.
"""
