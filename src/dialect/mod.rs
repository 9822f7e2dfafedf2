//! How one warehouse spells what all of them mean.
