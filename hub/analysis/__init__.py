"""What turns stored rows into answers about many customers, or about another time."""
