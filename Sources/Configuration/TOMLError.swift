/// Why a text is not TOML, and where. Shown to the administrator as it is; never repeats the value it complains about,
/// which may be a password.
struct TOMLError: Error, Equatable {
  var position: Position
  var message: String
}
