import Testing

/// All tests of the engine, one after the other: they play in real time, and an engine that is kept from running listens
/// before it speaks.
@Suite(.serialized) enum EngineTests {}
