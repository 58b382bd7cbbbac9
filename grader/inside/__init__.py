"""All that runs beside the student's code: mounted by path as the package `inside`, it imports nothing of ours."""
