"""Public data sets in the formats in which their authors publish them, as case files of ours.

Nothing is downloaded unless a URL is given, and no data set is part of the project.
"""

from llmeval.cases.published.catalogue import FORMATS, format_named
from llmeval.cases.published.importing import Imported, Picking, import_rows
from llmeval.cases.published.writing import write_rows

__all__ = ["FORMATS", "Imported", "Picking", "format_named", "import_rows", "write_rows"]
