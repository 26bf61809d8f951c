"""What tests of providers are made of; nothing that is shipped to run imports it."""
