import BridgeKit
import HTTPClient
import HTTPTypes
import Telemetry

/// Translates what HTTP targets answer into what the runtime understands.
enum TargetFailure {
    /// The error for a request that got no answer.
    static func error(_ error: HTTPClientError, target: String) -> BridgeError {
        switch error.code {
        case .connection: .targetDown(reason: "\(target) cannot be reached: \(error)")
        case .timeout, .busy: .targetSilent(reason: "\(target) does not answer: \(error)")
        case .cancelled, .closed: .retry(reason: "the request to \(target) was cancelled")
        default: .retry(reason: "\(target): \(error)")
        }
    }

    /// How long the answer asks to wait: seconds or a date (RFC 9110, section 10.2.3).
    static func retryAfter(_ headers: HTTPHeaders, now: Int64 = Timestamp.nowMilliseconds()) -> Duration? {
        guard let text = headers["Retry-After"]?.filter({ !$0.isNewline }) else { return nil }
        if let seconds = Int64(text), seconds >= 0 { return .seconds(min(seconds, 86_400)) }
        guard let date = httpDate(text) else { return nil }
        return .milliseconds(min(max(0, date - now), 86_400_000))
    }

    /// Reads `Sun, 06 Nov 1994 08:49:37 GMT`; milliseconds since 1970.
    static func httpDate(_ text: String) -> Int64? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let month = months.firstIndex(of: String(words[2])) else {
            return nil
        }
        let number = month + 1
        return Timestamp.parse("\(words[3])-\(number < 10 ? "0" : "")\(number)-\(words[1])T\(words[4])Z")
    }
}
