// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"

#include "io/base/error.h"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace expertscope {

namespace {

/// Letters to be put in, taken out, changed or swapped with the next one between two words.
std::size_t distance(const std::string& a, const std::string& b)
{
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                d[i][j] = i + j;
                continue;
            }
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[a.size()][b.size()];
}

std::vector<const CLI::App*> commandsOf(const CLI::App& app)
{
    return app.get_subcommands([](const CLI::App*) { return true; });
}

/// What is wrong with the names of commands in a line, or nothing.
std::string unknownCommand(const CLI::App& root, const std::vector<std::string>& words)
{
    const CLI::App* app = &root;
    std::string path;
    for (const std::string& word : words) {
        const auto commands = commandsOf(*app);
        if (commands.empty() || app->get_allow_extras() || word.empty() || word[0] == '-')
            return {};
        const auto known = std::ranges::find_if(commands, [&](const CLI::App* c) { return c->check_name(word); });
        if (known == commands.end()) {
            const auto nearest = std::ranges::min_element(
                commands, {}, [&](const CLI::App* c) { return distance(word, c->get_name()); });
            const std::string name = (*nearest)->get_name();
            const bool near = distance(word, name) <= std::max<std::size_t>(word.size() / 3, 1);
            const Error error{"no such command", path + word,
                near ? "did you mean " + name + "?" : "`" + root.get_name() + ' ' + path + "--help` lists them"};
            return root.get_name() + ": " + error.message();
        }
        app = *known;
        path += app->get_name() + ' ';
    }
    return {};
}

}

Argument& Argument::required()
{
    m_option->required();
    return *this;
}

Argument& Argument::repeated()
{
    m_option->allow_extra_args(false);
    return *this;
}

template <class T> Argument& Argument::range(T least, T most)
{
    m_option->check(CLI::Range(least, most));
    return *this;
}

template Argument& Argument::range(int, int);
template Argument& Argument::range(unsigned, unsigned);

Argument& Argument::value(const std::string& type, const std::string& standard)
{
    m_option->default_str(standard)->type_name(type);
    return *this;
}

template <class T> Argument Arguments::option(const std::string& names, T& value, const std::string& help)
{
    return Argument(m_app->add_option(names, value, help));
}

#define ES_OPTION_OF(...) \
    template Argument Arguments::option(const std::string&, __VA_ARGS__&, const std::string&);
ES_OPTION_OF(std::string)
ES_OPTION_OF(std::vector<std::string>)
ES_OPTION_OF(std::filesystem::path)
ES_OPTION_OF(std::vector<std::filesystem::path>)
ES_OPTION_OF(std::uint32_t)
ES_OPTION_OF(std::uint64_t)
ES_OPTION_OF(double)
ES_OPTION_OF(std::optional<int>)
ES_OPTION_OF(std::optional<std::uint32_t>)
#undef ES_OPTION_OF

Argument Arguments::text(
    const std::string& names, std::function<void(const std::string&)> take, const std::string& help)
{
    return Argument(m_app->add_option_function<std::string>(names, take, help));
}

void Arguments::flag(const std::string& names, bool& value, const std::string& help)
{
    m_app->add_flag(names, value, help);
}

void Arguments::flag(const std::string& names, std::function<void()> take, const std::string& help)
{
    m_app->add_flag_callback(names, take, help);
}

void Arguments::footer(const std::string& text)
{
    m_app->footer(text);
}

void Arguments::footer(std::function<std::string()> text)
{
    m_app->footer(std::move(text));
}

void Arguments::command(const Command& command)
{
    CLI::App* const app = m_app->add_subcommand(command.name, command.title);
    if (!command.declare)
        return;
    Arguments arguments(app, m_line);
    if (Run run = command.declare(arguments))
        app->callback([app, line = m_line, run] {
            if (app->get_subcommands().empty())
                line->m_status = run();
        });
}

void Arguments::requireCommand(bool required)
{
    m_app->require_subcommand(required ? 1 : 0, 1);
}

void Arguments::ignoreCase()
{
    m_app->ignore_case();
}

void Arguments::takeAnything()
{
    m_app->allow_extras();
}

bool Arguments::given(const std::string& name) const
{
    return m_app->count(name) > 0;
}

std::vector<std::string> Arguments::remaining() const
{
    return m_app->remaining();
}

std::string Arguments::help() const
{
    return m_app->help(m_line->m_app->get_name());
}

bool Arguments::likely() const
{
    return !m_line->m_words.empty() && m_app->check_name(m_line->m_words.front());
}

std::string Arguments::line() const
{
    return m_line->m_line;
}

CommandLine::CommandLine(
    int argc, char** argv, const std::string& description, const std::string& name, const std::string& version)
    : m_app(std::make_unique<CLI::App>(description, name))
    , m_words(argv + std::min(argc, 1), argv + argc)
{
    for (int i = 0; i < argc; ++i)
        m_line += (i > 0 ? " " : "") + std::string(argv[i]);
    m_app->set_version_flag("--version", version);
    m_app->require_subcommand(1);
}

CommandLine::~CommandLine() = default;

void CommandLine::add(const Command& command)
{
    Arguments(m_app.get(), this).command(command);
}

int CommandLine::run()
{
    if (const std::string unknown = unknownCommand(*m_app, m_words); !unknown.empty()) {
        std::fprintf(stderr, "%s\n", unknown.c_str());
        return 2;
    }
    try {
        m_app->parse(std::vector(m_words.rbegin(), m_words.rend()));
    } catch (const CLI::ParseError& error) {
        return m_app->exit(error) == 0 ? 0 : 2;
    }
    return m_status;
}

}
