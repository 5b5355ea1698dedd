internal import CCurl
internal import EventLoop
import Synchronization

/// One mail on its way to a relay.
///
/// Used by one thread, except ``cancel()``.
///
/// Runs libcurl's blocking interface on a thread of its own: when libcurl ends an SMTP session it waits for the answer
/// to QUIT, on whatever thread it runs, and a loop must not wait.
final class MailTransfer: @unchecked Sendable {
    private var handle: EasyHandle?
    private let socketGuard: SocketGuard
    private let message: [UInt8]
    private var sentBytes = 0
    private var transcript: SMTPTranscript
    private let isCancelled = Atomic<Bool>(false)

    /// - Throws: When the mail cannot be sent as it is.
    init(_ mail: SMTPDelivery, _ configuration: HTTPClientConfiguration) throws(HTTPClientError) {
        let url = try Self.url(mail.server)
        guard !mail.recipients.isEmpty else { throw HTTPClientError(.invalidAddress, "the mail has no recipient") }
        for address in mail.recipients { try Self.check(address) }
        if !mail.sender.isEmpty { try Self.check(mail.sender) }
        let handle = try EasyHandle()
        self.handle = handle
        message = Self.withNetworkLineEnds(mail.message)
        transcript = SMTPTranscript(recipients: mail.recipients)
        socketGuard = SocketGuard(policy: configuration.mailAddressPolicy)
        try socketGuard.install(on: handle)
        let context = Unmanaged.passUnretained(self).toOpaque()
        try handle.set(CURLOPT_READDATA, pointer: context)
        try handle.check(martlet_curl_set_bytes(handle.raw, CURLOPT_READFUNCTION, messageWanted))
        try handle.set(CURLOPT_HEADERDATA, pointer: context)
        try handle.check(martlet_curl_set_bytes(handle.raw, CURLOPT_HEADERFUNCTION, replyReceived))
        try handle.set(CURLOPT_WRITEDATA, pointer: context)
        try handle.check(martlet_curl_set_bytes(handle.raw, CURLOPT_WRITEFUNCTION, outputIgnored))
        try handle.check(martlet_curl_set_progress(handle.raw, mailProgressed, context))
        try handle.set(CURLOPT_NOPROGRESS, 0)
        // The commands that are sent can be seen in no other way; nothing of this is printed.
        try handle.check(martlet_curl_set_debug(handle.raw, mailTraced, context))
        try handle.set(CURLOPT_VERBOSE, 1)
        try handle.set(CURLOPT_URL, url)
        try handle.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps")
        try handle.set(CURLOPT_UPLOAD, 1)
        try handle.set(CURLOPT_INFILESIZE_LARGE, offset: message.count)
        // Unset it stands for the null sender.
        if !mail.sender.isEmpty { try handle.set(CURLOPT_MAIL_FROM, "<\(mail.sender)>") }
        try handle.set(CURLOPT_MAIL_RCPT, mail.recipients.map { "<\($0)>" })
        try handle.set(CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1)
        try handle.set(CURLOPT_TIMEOUT_MS, mail.timeout)
        try handle.set(CURLOPT_CONNECTTIMEOUT_MS, min(mail.timeout, .seconds(15)))
        // Bounds the wait for QUIT as well, which the other limits do not.
        try handle.set(CURLOPT_SERVER_RESPONSE_TIMEOUT, 30)
        try setSecurity(handle, mail.server, configuration)
    }

    /// Sends the mail; blocks.
    func perform() -> Result<SMTPReceipt, HTTPClientError> {
        guard let handle else { preconditionFailure("a mail is sent once") }
        let code = curl_easy_perform(handle.raw)
        // What the server has accepted is delivered, whatever happened to the connection afterwards.
        if transcript.isAccepted, let reply = transcript.lastReply {
            return .success(
                SMTPReceipt(replyCode: reply.code, replyText: reply.text, refused: transcript.refusals))
        }
        if isCancelled.load(ordering: .relaxed) {
            return .failure(HTTPClientError(.cancelled, "the mail was cancelled"))
        }
        if let error = socketGuard.error(code) { return .failure(error) }
        if let reply = transcript.lastReply, reply.code >= 400 {
            // When every recipient was refused, one that may be accepted later makes the mail worth another attempt.
            let kept = transcript.refusals.first(where: \.isRetriable).map { ($0.replyCode, $0.replyText) } ?? reply
            return .failure(
                HTTPClientError(
                    .smtp, "the mail server says \(kept.0) \(kept.1)", replyCode: kept.0,
                    refusals: transcript.refusals))
        }
        guard code != CURLE_OK else {
            return .failure(HTTPClientError(.smtp, "the mail server did not accept the mail"))
        }
        return .failure(handle.error(code))
    }

    /// Ends the session; may block until the server has answered QUIT.
    func end() { handle = nil }

    /// Asks the transfer to stop; libcurl asks back about once a second.
    ///
    /// May be called from any thread.
    func cancel() { isCancelled.store(true, ordering: .relaxed) }

    // MARK: Setting up

    private func setSecurity(
        _ handle: EasyHandle, _ server: SMTPDelivery.Server, _ configuration: HTTPClientConfiguration
    ) throws(HTTPClientError) {
        let level =
            switch server.security {
            case .none: CURLUSESSL_NONE
            case .startTLSOpportunistic: CURLUSESSL_TRY
            case .startTLSRequired, .tls: CURLUSESSL_ALL
            }
        try handle.set(CURLOPT_USE_SSL, Int(level.rawValue))
        if server.security == .startTLSOpportunistic {
            try handle.set(CURLOPT_SSL_VERIFYPEER, 0)
            try handle.set(CURLOPT_SSL_VERIFYHOST, 0)
        }
        if let file = configuration.trustedCertificates { try handle.set(CURLOPT_CAINFO, file) }
        if let user = server.user {
            try handle.set(CURLOPT_USERNAME, user)
            try handle.set(CURLOPT_PASSWORD, server.password ?? "")
        }
    }

    private static func url(_ server: SMTPDelivery.Server) throws(HTTPClientError) -> String {
        let isPlain = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        let isAddress = server.host.contains(":")
        guard !server.host.isEmpty, isAddress ? IPAddress(server.host) != nil : server.host.utf8.allSatisfy(isPlain)
        else { throw HTTPClientError(.invalidURL, "the mail server's name is no host name") }
        guard !server.helloName.isEmpty, server.helloName.utf8.allSatisfy(isPlain) else {
            throw HTTPClientError(.invalidURL, "the name to greet with is no host name")
        }
        let scheme = server.security == .tls ? "smtps" : "smtp"
        let host = isAddress ? "[\(server.host)]" : server.host
        return "\(scheme)://\(host):\(server.port)/\(server.helloName)"
    }

    private static func check(_ address: String) throws(HTTPClientError) {
        guard !address.isEmpty, address.utf8.count <= 320,
            address.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: ">") })
        else { throw HTTPClientError(.invalidAddress, "an address is empty, too long or holds forbidden characters") }
    }

    /// A lone line feed before a dot could end the message early at some relays (SMTP smuggling).
    private static func withNetworkLineEnds(_ bytes: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 64)
        var previous: UInt8 = 0
        for byte in bytes {
            if byte == 0x0A {
                if previous != 0x0D { result.append(0x0D) }
            } else if previous == 0x0D {
                result.append(0x0A)
            }
            result.append(byte)
            previous = byte
        }
        if previous == 0x0D { result.append(0x0A) }
        return result
    }

    // MARK: Callbacks

    fileprivate func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(buffer.count, message.count - sentBytes)
        buffer.copyBytes(from: message[sentBytes..<sentBytes + count])
        sentBytes += count
        return count
    }

    fileprivate func received(_ line: String) { transcript.received(line) }
    fileprivate func sent(_ line: String) { transcript.sent(line) }
    fileprivate var mustStop: Bool { isCancelled.load(ordering: .relaxed) }
}

private func messageWanted(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let buffer = UnsafeMutableRawBufferPointer(start: bytes, count: size * count)
    return Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue().fill(buffer)
}

private func replyReceived(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let context else { return 0 }
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: size * count), as: UTF8.self)
    Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue().received(line)
    return size * count
}

private func outputIgnored(
    _: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _: UnsafeMutableRawPointer?
) -> Int { size * count }

private func mailProgressed(
    _ context: UnsafeMutableRawPointer?, _: curl_off_t, _: curl_off_t, _: curl_off_t, _: curl_off_t
) -> Int32 {
    guard let context else { return 1 }
    return Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue().mustStop ? 1 : 0
}

private func mailTraced(
    _: UnsafeMutableRawPointer?, _ kind: curl_infotype, _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int,
    _ context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let context, kind == CURLINFO_HEADER_OUT else { return 0 }
    let line = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    Unmanaged<MailTransfer>.fromOpaque(context).takeUnretainedValue().sent(line)
    return 0
}
