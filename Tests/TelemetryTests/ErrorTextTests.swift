import Foundation
import Telemetry
import Testing

/// What people read of errors that are not our own.
struct ErrorTextTests {
    struct Body: Decodable {
        struct Part: Decodable { var size: Int }
        var name: String
        var parts: [Part]
    }

    @Test(arguments: [
        (#"{"parts":[]}"#, "`/name` is missing"),
        (#"{"name":1,"parts":[]}"#, "`/name` is of another kind than expected"),
        (#"{"name":"a","parts":[{"size":1},{}]}"#, "`/parts/1/size` is missing"),
        (#"{"name":"a","parts":[{"size":null}]}"#, "`/parts/0/size` is null"), ("{", "it is not valid JSON"),
        ("[]", "the value is of another kind than expected"),
    ])
    func `what JSON lacks is told with its place`(json: String, sentence: String) {
        #expect(throws: (any Error).self) {
            do {
                _ = try JSONDecoder().decode(Body.self, from: Data(json.utf8))
            } catch {
                #expect(ErrorText.of(error) == sentence)
                throw error
            }
        }
    }

    @Test func `what cannot be written is told`() {
        #expect(throws: (any Error).self) {
            do {
                _ = try JSONEncoder().encode(["a/b": Double.nan])
            } catch {
                #expect(ErrorText.of(error) == "`/a~1b` cannot be written as JSON")
                throw error
            }
        }
    }

    @Test(
        arguments: [
            CancellationError(), CocoaError(.fileNoSuchFile), CocoaError(.fileReadNoPermission),
        ] as [any Error])
    func `no sentence speaks of Swift or of error domains`(error: any Error) {
        let text = ErrorText.of(error)
        #expect(!text.isEmpty)
        for word in ["Error", "Domain", "Optional", "Swift", "NS"] { #expect(!text.contains(word), "\(text)") }
    }

    @Test func `an error of our own says what it says`() {
        struct Ours: Error, CustomStringConvertible { let description = "the disk is full" }
        #expect(ErrorText.of(Ours()) == "the disk is full")
    }
}
