// Nothing is declared: what the target holds is called by Swift's own names.
