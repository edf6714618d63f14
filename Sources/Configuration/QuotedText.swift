/// Text from the file as a message may show it: in single quotes, short, and without control characters, so that a
/// file cannot write escape sequences to the terminal of whoever checks it.
func quoted(_ text: String) -> String {
  let longest = 64
  var shown = "'"
  for (count, scalar) in text.unicodeScalars.enumerated() {
    if count == longest {
      shown += "..."
      break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      shown += "\\u{" + String(scalar.value, radix: 16) + "}"
    default:
      shown.unicodeScalars.append(scalar)
    }
  }
  return shown + "'"
}
