"""The colours of everything that is drawn, on paper and on screens."""

INK = "#222222"
FAINT = "#8a8a8a"
GRID = "#e4e4e4"
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#b35a8c", "#3f9fd8", "#c98500", "#6a3d9a", "#5a5a5a")
"""After Okabe & Ito (2008), darkened where thin marks on white need it: told apart by colour-blind readers."""
