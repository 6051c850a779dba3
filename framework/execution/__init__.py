"""What a frozen net runs on CPUs: convolutions whose weights lie as their arithmetic reads them."""
