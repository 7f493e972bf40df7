"""What HyperKitty's own Django reads; nothing here is imported by this project."""
