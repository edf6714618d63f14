import Foundation
import Testing

@testable import Configuration

/// Every case of the toml-test project that applies to TOML 1.0.0.
struct TOMLTestSuite {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/toml-test")

  /// The documents below a folder, from the list that comes with the cases.
  static func cases(_ kind: String) -> [String] {
    let list = (try? String(contentsOf: folder.appendingPathComponent("files-toml-1.0.0"), encoding: .utf8)) ?? ""
    return list.split(separator: "\n").map(String.init).filter { $0.hasPrefix(kind + "/") && $0.hasSuffix(".toml") }
  }

  private static func bytes(_ path: String) throws -> [UInt8] {
    Array(try Data(contentsOf: folder.appendingPathComponent("tests/" + path)))
  }

  @Test func everyCaseIsThere() {
    #expect(Self.cases("valid").count == 210)
    #expect(Self.cases("invalid").count == 499)
  }

  @Test(arguments: cases("valid")) func valid(path: String) throws {
    let table = try TOMLParser.parse(try Self.bytes(path))
    let json = try JSONSerialization.jsonObject(with: Data(try Self.bytes(path.dropLast(4) + "json")))
    let difference = Self.difference(TOMLValue(content: .table(table), position: .start), json)
    #expect(difference == nil)
  }

  @Test(arguments: cases("invalid")) func invalid(path: String) throws {
    let bytes = try Self.bytes(path)
    let error = #expect(throws: TOMLError.self) { try TOMLParser.parse(bytes) }
    // The place must be within the file, or just behind its end.
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    let position = try #require(error).position
    try #require((1...lines.count).contains(position.line))
    #expect((1...lines[position.line - 1].count + 1).contains(position.column))
  }

  /// Where a value is not what the tagged JSON says; nil if it is nowhere.
  private static func difference(_ value: TOMLValue, _ json: Any) -> String? {
    switch (value.content, json) {
    case (.table(let table), let object as [String: Any]):
      guard table.entries.count == object.count else { return "\(object.keys.sorted()) at \(value.position)" }
      for entry in table.entries {
        guard let expected = object[entry.key.text] else { return "\(entry.key)" }
        if let difference = difference(entry.value, expected) { return difference }
      }
      return nil
    case (.array(let elements), let array as [Any]):
      guard elements.count == array.count else { return "\(array.count) elements at \(value.position)" }
      return zip(elements, array).lazy.compactMap { difference($0, $1) }.first
    case (_, let object as [String: String]):
      let expected = object["value"] ?? ""
      let isEqual =
        switch (value.content, object["type"]) {
        case (.string(let text), "string"): Array(text.utf8) == Array(expected.utf8)
        case (.integer(let number), "integer"): String(number) == expected
        case (.float(let number), "float"):
          number == Double(expected) || (number.isNaN && Double(expected)?.isNaN == true)
        case (.boolean(let flag), "bool"): String(flag) == expected
        case (.dateTime(let dateTime), let type?): tagged(dateTime) == (type, withoutTrailingZeros(expected))
        default: false
        }
      return isEqual ? nil : "\(value) is not \(object)"
    default:
      return "\(value) is not \(json)"
    }
  }

  private static func tagged(_ value: TOMLDateTime) -> (type: String, text: String) {
    func digits(_ number: Int, _ count: Int = 2) -> String {
      let text = String(number)
      return String(repeating: "0", count: count - text.count) + text
    }
    let date = value.date.map { digits($0.year, 4) + "-" + digits($0.month) + "-" + digits($0.day) }
    let time = value.time.map {
      let whole = digits($0.hour) + ":" + digits($0.minute) + ":" + digits($0.second)
      return withoutTrailingZeros(whole + "." + digits($0.nanosecond, 9))
    }
    let offset = value.offset.map { offset in
      offset == 0 ? "Z" : (offset < 0 ? "-" : "+") + digits(abs(offset) / 60) + ":" + digits(abs(offset) % 60)
    }
    return switch (date, time, offset) {
    case (let date?, let time?, let offset?): ("datetime", date + "T" + time + offset)
    case (let date?, let time?, nil): ("datetime-local", date + "T" + time)
    case (let date?, _, _): ("date-local", date)
    case (nil, let time, _): ("time-local", time ?? "")
    }
  }

  /// One text for one point in time: no zeros at the end of a fraction, Z for the offset zero.
  private static func withoutTrailingZeros(_ text: String) -> String {
    text.replacing(/\.(\d*?)0*(Z|[+-]\d\d:\d\d|$)/) { $0.1.isEmpty ? "\($0.2)" : ".\($0.1)\($0.2)" }
      .replacing(/[+-]00:00$/, with: "Z")
  }
}
