"""The page that creates an invitation: form, choices and previews."""
