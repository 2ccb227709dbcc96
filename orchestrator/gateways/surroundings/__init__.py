"""What surrounds the service and can be asked without acting: names, certificates, other people's clocks, itself."""
