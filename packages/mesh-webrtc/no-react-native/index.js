// Nothing: only builds for React Native ask for this package, and it would bring 581 MB.
