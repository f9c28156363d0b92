"""The analyses, one module each: a view in, a frozen result of tidy frames and findings out.

An analysis reads its view through Ibis expressions, so that the data are reduced where they are, and returns
small pandas frames. It knows nothing of pictures and pages. What several modules of one analysis share stands
in a private module beside it.
"""
