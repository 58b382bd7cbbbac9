"""Facts become grades: matched, judged, put into words and into the folder of reports, for one or for a class."""
