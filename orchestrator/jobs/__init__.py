"""Does: joins core, store and ports. One beat (beat.py), the post (post.py), and what they share (world.py)."""
