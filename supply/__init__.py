"""What the project is made of: bill of materials, licences, imports against dependencies, stray secrets, wheel."""
