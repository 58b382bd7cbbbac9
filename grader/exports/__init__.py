"""From a folder of reports to the files that other systems read."""
