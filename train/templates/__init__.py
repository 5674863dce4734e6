"""Chat templates of training: how a conversation is written for a family of models, and which of it is learnt.

`model` is what a template is, `families` are those of the vendors and of the systems this project follows.
"""

from train.templates.families import FAMILIES, get
from train.templates.model import Rendered, Template

__all__ = ["FAMILIES", "Rendered", "Template", "get"]
