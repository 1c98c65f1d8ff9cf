"""One file per figure of the performance goals; each prints ratios measured in one run."""
