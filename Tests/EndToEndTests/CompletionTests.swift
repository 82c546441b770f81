import Testing

/// The scripts for Tab, as bash runs them.
@Suite struct CompletionTests {
    /// The words that bash offers for a line whose last word is not complete.
    private func offers(for line: String, of binary: String, _ name: String) throws -> [Substring] {
        let script = """
            cd "$(mktemp -d)" && touch some.conf && mkdir some.dir
            . <("$1" --generate-completion-script bash)
            COMP_LINE=$2 COMP_POINT=${#2}
            COMP_WORDS=($2)
            case $2 in *" ") COMP_WORDS+=("") ;; esac
            COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
            compopt() { :; }
            _$3 "$3" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
            printf '%s\n' "${COMPREPLY[@]}"
            """
        let ending = try Program("bash", ["-c", script, "bash", binary, line, name]).ending()
        #expect(ending.status == 0 && ending.error.isEmpty, "\(ending.error)")
        return ending.output.split { $0 == " " || $0 == "\n" }
    }

    @Test(arguments: [
        ("letterbox --config s", "some.conf"), ("letterbox gateway --config s", "some.conf"),
        ("letterbox gateway --token-file s", "some.conf"), ("letterbox gateway --public s", "some.dir"),
        ("letterbox gateway --log-level w", "warning"), ("letterbox gateway --log-format j", "json"),
        ("letterbox gateway --access-log f", "failures"), ("letterbox --up", "--upstream"),
        ("letterbox doctor --up", "--upstream"), ("letterbox doctor --j", "--json"), ("letterbox pi", "ping"),
        ("letterbox server --service e", "echo"),
    ])
    func `Tab offers`(line: String, word: String) throws {
        #expect(try offers(for: line, of: Binaries.letterbox, "letterbox").contains(word[...]))
    }

    @Test func `Tab offers the files of the probe`() throws {
        let words = try offers(for: "letterbox-probe --token-file s", of: Binaries.probe, "letterbox-probe")
        #expect(words.contains("some.conf"))
    }
}
