import ChatModel
import Text

extension ChatService {
    /// - Returns: The handle as it is stored.
    @discardableResult
    static func check(handle: String, _ pointer: String = "/handle") throws(ChatError) -> String {
        let handle = try normalize(handle, .handle, pointer)
        guard !ReservedHandles.contain(handle) else {
            throw ChatError(
                .conflict, "handle_reserved",
                "This handle means something to the server: nobody is called server, channel, here, all or everyone, "
                    + "and nobody but bridges and webhooks has one that begins with bridge- or hook-.", pointer: pointer
            )
        }
        return handle
    }

    /// - Returns: The name as it is stored; nil when there is none.
    @discardableResult
    static func check(name: String?, _ pointer: String = "/name") throws(ChatError) -> String? {
        guard let name else { return nil }
        return try normalize(name, .display, pointer)
    }

    private static func normalize(_ name: String, _ rule: NameRule, _ pointer: String) throws(ChatError) -> String {
        do {
            return try rule.normalized(name)
        } catch {
            throw ChatError.invalid(pointer, error.description)
        }
    }

    static func check(email: String?) throws(ChatError) {
        guard let email else { return }
        let parts = email.split(separator: "@", omittingEmptySubsequences: false)
        guard email.utf8.count <= 254, parts.count == 2, parts.allSatisfy({ !$0.isEmpty }),
            !email.unicodeScalars.contains(where: {
                $0.value <= 0x20 || $0.value == 0x7F || "<>,;\"".unicodeScalars.contains($0)
            })
        else { throw ChatError.invalid("/email", "An address has the form name@example.org.") }
    }

    static func check(password: String) throws(ChatError) {
        guard ChatLimits.password.contains(password.unicodeScalars.count) else {
            throw ChatError.invalid(
                "/password",
                "A password has \(ChatLimits.password.lowerBound) to \(ChatLimits.password.upperBound) characters.")
        }
    }

    /// - Returns: The name as it is stored.
    @discardableResult
    static func check(channelName name: String, _ pointer: String = "/name") throws(ChatError) -> String {
        try normalize(name, .channel, pointer)
    }

    static func check(topic: String, _ pointer: String = "/topic") throws(ChatError) {
        guard topic.unicodeScalars.count <= ChatLimits.topic, isPrintable(topic) else {
            throw ChatError.invalid(pointer, "A topic has at most \(ChatLimits.topic) printable characters.")
        }
    }

    /// - Returns: The emoji's one form.
    static func check(emoji: String) throws(ChatError) -> String {
        guard let form = Emoji.canonical(emoji) else {
            throw ChatError.invalid(
                "/emoji", "This is no emoji: give one, such as 👍, or its short name, such as thumbsup.")
        }
        return form
    }

    private static func isPrintable(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }
}
