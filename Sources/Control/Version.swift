/// The version of all of carpd's programs, which are only ever installed together.
public let carpdVersion = "0.1.0"
