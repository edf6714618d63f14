import Configuration

// Names for Configuration's types where Channel's, which bear the same names, are in sight too: the module cannot be used
// to tell them apart, because its main type has the module's name.
typealias ConfiguredHost = VirtualHost
typealias ConfiguredAddress = Address
typealias ConfiguredSecret = Secret
typealias ConfiguredDiagnostic = Diagnostic
typealias ConfiguredSettings = Configuration
