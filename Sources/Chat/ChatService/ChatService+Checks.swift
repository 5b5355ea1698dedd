import ChatModel

extension ChatService {
    static func check(handle: String, _ pointer: String = "/handle") throws(ChatError) {
        let isAllowed = handle.unicodeScalars.allSatisfy { scalar in
            !scalar.properties.isWhitespace && scalar.value > 0x20 && scalar.value != 0x7F
                && !"@#:,/<>\"".unicodeScalars.contains(scalar)
                && scalar.properties.generalCategory != .control && scalar.properties.generalCategory != .format
        }
        guard isAllowed, (1...ChatLimits.handle).contains(handle.unicodeScalars.count) else {
            throw ChatError.invalid(
                pointer,
                "A handle has 1 to \(ChatLimits.handle) characters and none of: space, @ # : , / < > \".")
        }
        guard !ReservedHandles.contain(handle) else {
            throw ChatError(
                .conflict, "handle_reserved",
                "This handle means something to the server: nobody is called server, channel, here, all or everyone, "
                    + "and nobody but bridges and webhooks has one that begins with bridge- or hook-.", pointer: pointer
            )
        }
    }

    static func check(name: String?, _ pointer: String = "/name") throws(ChatError) {
        guard let name else { return }
        guard (1...ChatLimits.name).contains(name.unicodeScalars.count), isPrintable(name) else {
            throw ChatError.invalid(pointer, "A name has 1 to \(ChatLimits.name) printable characters.")
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

    static func check(channelName name: String) throws(ChatError) {
        let isAllowed = name.unicodeScalars.allSatisfy { scalar in
            scalar.value > 0x20 && scalar.value != 0x7F && !scalar.properties.isWhitespace
                && !"#@,/<>\"".unicodeScalars.contains(scalar)
        }
        guard isAllowed, (1...ChatLimits.channelName).contains(name.unicodeScalars.count) else {
            throw ChatError.invalid(
                "/name",
                "A channel's name has 1 to \(ChatLimits.channelName) characters and none of: space, # @ , / < > \".")
        }
    }

    static func check(topic: String) throws(ChatError) {
        guard topic.unicodeScalars.count <= ChatLimits.topic, isPrintable(topic) else {
            throw ChatError.invalid("/topic", "A topic has at most \(ChatLimits.topic) printable characters.")
        }
    }

    static func check(emoji: String) throws(ChatError) {
        guard (1...ChatLimits.emoji).contains(emoji.unicodeScalars.count), isPrintable(emoji),
            !emoji.unicodeScalars.contains(where: \.properties.isWhitespace)
        else { throw ChatError.invalid("/emoji", "An emoji has 1 to \(ChatLimits.emoji) characters and no space.") }
    }

    private static func isPrintable(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
    }
}
