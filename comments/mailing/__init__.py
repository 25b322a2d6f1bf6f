"""Mail about comments: who wants which, what it says, and how it is sent."""
