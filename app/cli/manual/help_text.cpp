// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/manual/help_text.h"

#include "app/cli/terminal/table.h"
#include "io/base/text.h"

#include <algorithm>

namespace expertscope {

namespace {

constexpr std::size_t kIndent = 2, kWidestName = 30; // columns of what stands before a meaning

using Entries = std::vector<std::pair<std::string, std::string>>;

/// Names on the left, meanings on the right; a name that is too long has the line to itself.
std::string listed(const char* heading, const Entries& entries, std::size_t width)
{
    if (entries.empty())
        return {};
    std::size_t left = 0;
    for (const auto& [name, meaning] : entries) {
        if (displayWidth(name) <= kWidestName)
            left = std::max(left, displayWidth(name));
    }
    const std::size_t column = kIndent + left + 2;
    std::string text = '\n' + std::string(heading) + ":\n";
    for (const auto& [name, meaning] : entries) {
        std::string line = std::string(kIndent, ' ') + name;
        if (displayWidth(name) > left) {
            text += line + '\n';
            line.clear();
        }
        line.append(column - displayWidth(line), ' ');
        // wrapped() breaks at spaces, so those in front are kept out of it.
        const std::string lines = wrapped(meaning, width - std::min(width / 2, column), 0);
        for (std::size_t at = 0; at < lines.size();) {
            const std::size_t end = lines.find('\n', at);
            text += (at == 0 ? line : std::string(column, ' ')) + lines.substr(at, end + 1 - at);
            at = end + 1;
        }
    }
    return text;
}

std::string meaningOf(const ManualOption& option)
{
    std::string text = option.text;
    if (!option.standard.empty())
        addPart(text, "default: " + option.standard, "; ");
    if (option.required && !option.value.empty())
        addPart(text, "required", "; ");
    return text;
}

}

std::string signatureOf(const ManualOption& option)
{
    return joined(option.names, ",") + (option.value.empty() ? "" : ' ' + option.value) + (option.list ? "..." : "");
}

std::string usageOf(const Manual& manual)
{
    std::string text = manual.line;
    if (!manual.options.empty() && manual.commands.empty())
        text += " [OPTIONS]";
    for (const ManualOption& argument : manual.arguments)
        text += argument.required ? ' ' + signatureOf(argument) : " [" + signatureOf(argument) + ']';
    if (!manual.commands.empty())
        text += manual.needsCommand ? " COMMAND" : " [COMMAND]";
    return text;
}

std::string helpText(const Manual& manual, std::size_t width)
{
    if (manual.help)
        return manual.help();
    std::string text = wrapped(manual.title, width, 0) + '\n' + wrapped("Usage: " + usageOf(manual), width, 7);
    const auto entries = [](const std::vector<ManualOption>& options) {
        Entries list;
        for (const ManualOption& option : options)
            list.emplace_back(signatureOf(option), meaningOf(option));
        return list;
    };
    Entries commands;
    for (const Manual& command : manual.commands)
        commands.emplace_back(command.name, command.title);
    text += listed("Commands", commands, width);
    text += listed("Arguments", entries(manual.arguments), width);
    text += listed("Options", entries(manual.options), width);
    if (const std::string footer = manual.footer ? manual.footer(width) : std::string(); !footer.empty())
        text += '\n' + footer + (footer.back() == '\n' ? "" : "\n");
    return text;
}

}
