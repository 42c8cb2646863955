"""Meta: what Facebook, Instagram, Messenger, WhatsApp and Lead Ads tell an app."""
