"""The student's own check inside the student's own kernel: the same checks, no sandbox, and no promise of marks."""
