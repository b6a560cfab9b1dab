"""The program that makes the matrix."""
