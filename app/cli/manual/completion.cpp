// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/manual/completion.h"

#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

namespace {

/// "  -o,--output FILE   Write to" and "  -h, --help  Displays": the options in the --help of another program.
std::vector<ManualOption> optionsIn(const std::string& help)
{
    std::vector<ManualOption> options;
    for (std::size_t at = 0; at < help.size();) {
        const std::size_t end = std::min(help.find('\n', at), help.size());
        std::string line = help.substr(at, end - at);
        at = end + 1;
        const std::size_t start = line.find_first_not_of(' ');
        if (start == std::string::npos || start == 0 || line[start] != '-')
            continue;
        line.erase(0, start);
        const std::size_t gap = std::min(line.find("  "), line.size());
        ManualOption option;
        const std::size_t meaning = line.find_first_not_of(' ', gap);
        option.text = meaning == std::string::npos ? std::string() : line.substr(meaning);
        std::string word;
        for (const char c : line.substr(0, gap) + ' ') {
            if (c != ' ' && c != ',') {
                word += c;
                continue;
            }
            if (word.starts_with('-'))
                option.names.push_back(word);
            else if (!word.empty())
                option.value = word;
            word.clear();
        }
        options.push_back(std::move(option));
    }
    return options;
}

/// Of another program those that its --help tells.
std::vector<ManualOption> optionsOf(const Manual& manual)
{
    return manual.help ? optionsIn(manual.help()) : manual.options;
}

const ManualOption* named(const std::vector<ManualOption>& options, const std::string& name)
{
    const auto found = std::ranges::find_if(options,
        [&](const ManualOption& option) { return std::ranges::find(option.names, name) != option.names.end(); });
    return found == options.end() ? nullptr : &*found;
}

/// Those choices that go on with what was typed, behind the commas of a list.
void addChoices(std::vector<Candidate>& candidates, const ManualOption& option, const std::string& typed,
    const std::string& before = {})
{
    const std::size_t comma = typed.rfind(',');
    const std::string list = comma == std::string::npos ? std::string() : typed.substr(0, comma + 1);
    const std::string part = typed.substr(list.size());
    for (const std::string& choice : option.choices) {
        if (choice.starts_with(part))
            candidates.push_back({before + list + choice, {}});
    }
}

constexpr const char* kBash =
    R"(# Completion of expertscope in bash. For one session: source <(expertscope completion bash)
# For good: expertscope completion bash > ~/.local/share/bash-completion/completions/expertscope
_expertscope() {
    local word rest
    COMPREPLY=()
    while IFS=$'\t' read -r word rest; do
        COMPREPLY+=("$word")
    done < <("$1" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o bashdefault -o default -F _expertscope expertscope
)";

constexpr const char* kZsh = R"(#compdef expertscope
# Completion of expertscope in zsh. For one session: source <(expertscope completion zsh)
# For good: expertscope completion zsh > a folder of $fpath/_expertscope
_expertscope() {
    local -a candidates
    local line
    for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] && candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( $#candidates )); then
        _describe -V expertscope candidates
    else
        _files
    fi
}
if [[ ${funcstack[1]} == _expertscope ]]; then
    _expertscope "$@"
else
    compdef _expertscope expertscope
fi
)";

constexpr const char* kFish =
    R"(# Completion of expertscope in fish. For one session: expertscope completion fish | source
# For good: expertscope completion fish > ~/.config/fish/completions/expertscope.fish
function __expertscope_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    $words[1] __complete $words[2..-1] "$typed" 2>/dev/null
end
complete -c expertscope -a '(__expertscope_complete)'
)";

}

std::vector<Candidate> candidatesFor(const Manual& whole, const std::vector<std::string>& words)
{
    if (words.empty())
        return {};
    const Manual* manual = &whole;
    std::vector<ManualOption> options = optionsOf(whole);
    const ManualOption* open = nullptr; // an option that waits for its value
    std::size_t positional = 0;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const std::string& word = words[i];
        if (open) {
            open = nullptr;
        } else if (word.starts_with('-')) {
            const ManualOption* option = named(options, word);
            open = option && !option->value.empty() ? option : nullptr;
        } else {
            const auto command = std::ranges::find(manual->commands, word, &Manual::name);
            if (command == manual->commands.end()) {
                ++positional;
                continue;
            }
            manual = &*command;
            options = optionsOf(*manual);
            positional = 0;
        }
    }
    const std::string& typed = words.back();
    std::vector<Candidate> candidates;
    if (open) {
        addChoices(candidates, *open, typed);
    } else if (const std::size_t equals = typed.find('='); typed.starts_with("--") && equals != std::string::npos) {
        if (const ManualOption* option = named(options, typed.substr(0, equals)))
            addChoices(candidates, *option, typed.substr(equals + 1), typed.substr(0, equals + 1));
    } else if (typed.starts_with('-')) {
        for (const ManualOption& option : options) {
            for (const std::string& name : option.names) {
                if (name.starts_with(typed) && (name.starts_with("--") || option.names.size() == 1))
                    candidates.push_back({name, option.text});
            }
        }
    } else {
        for (const Manual& command : manual->commands) {
            if (positional == 0 && command.name.starts_with(typed))
                candidates.push_back({command.name, command.title});
        }
        if (!manual->arguments.empty())
            addChoices(candidates, manual->arguments[std::min(positional, manual->arguments.size() - 1)], typed);
    }
    return candidates;
}

std::string candidateText(const std::vector<Candidate>& candidates)
{
    std::string text;
    for (const Candidate& candidate : candidates)
        text += candidate.word + '\t' + candidate.meaning + '\n';
    return text;
}

Expected<std::string> completionScript(const std::string& shell)
{
    const char* const scripts[] = {kBash, kZsh, kFish};
    for (std::size_t i = 0; i < std::size(kShells); ++i) {
        if (shell == kShells[i])
            return std::string(scripts[i]);
    }
    return fail("no completion for the shell '" + shell + "'", "completion", "known: " + joined(kShells));
}

}
