"""What vendors that send mail tell of it: delivered, opened, clicked, bounced, complained of."""
