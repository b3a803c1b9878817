"""Why a segment, or a value of it, cannot be read. Programs branch on `code`."""


class SegmentError(Exception):
    code = ""


class DamagedSegment(SegmentError):
    """The bytes are not what a writer wrote."""

    code = "CHRONICLE_SEGMENT_DAMAGED"


class NewerVersion(SegmentError):
    """The format is newer than this reader."""

    code = "CHRONICLE_SEGMENT_VERSION"


class SegmentLimit(SegmentError):
    """Larger than anything a writer writes."""

    code = "CHRONICLE_SEGMENT_LIMIT"


class MissingDependency(SegmentError):
    """The segment is packed with zstd, and nothing here can unpack that."""

    code = "CHRONICLE_DEPENDENCY_MISSING"
