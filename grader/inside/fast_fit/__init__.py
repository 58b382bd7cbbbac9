"""Training that ends with the same bits, sooner; and quick mode, which does less of it."""
