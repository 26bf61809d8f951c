"""The small languages of a spec: templates, which make what is sent, and queries, which read what came back.

A template is parsed by Jinja2 once, in `parse`, and becomes a tree of plain lists; `evaluate` walks such a tree over
plain values. So an upload needs no template engine, and no object's attribute is ever in reach of a template.
"""
