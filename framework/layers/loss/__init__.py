"""Loss layers of classification, regression and detection."""
