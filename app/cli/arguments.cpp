// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/arguments.h"

#include "app/cli/manual/completion.h"
#include "app/cli/manual/help_text.h"
#include "io/base/nearest.h"
#include "app/cli/reading/page.h"
#include "app/cli/terminal/table.h"
#include "io/base/error.h"
#include "io/base/text.h"
#include "io/base/standard_streams.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>

namespace expertscope {

namespace {

bool isHidden(const CLI::App* app)
{
    return app->get_name().starts_with("__");
}

/// The commands of a command, in the order they were declared.
std::vector<const CLI::App*> commandsOf(const CLI::App& app)
{
    return app.get_subcommands([](const CLI::App* command) { return !isHidden(command); });
}

/// What is wrong with the names of commands in a line, or nothing.
std::string unknownCommand(const CLI::App& root, const std::vector<std::string>& words)
{
    const CLI::App* app = &root;
    std::string path;
    for (const std::string& word : words) {
        const auto commands = commandsOf(*app);
        if (commands.empty() || app->get_allow_extras() || word.empty() || word[0] == '-' || word == kFileCommand)
            return {};
        const auto known = std::ranges::find_if(commands, [&](const CLI::App* c) { return c->check_name(word); });
        if (known == commands.end()) {
            std::vector<std::string> names;
            std::ranges::transform(commands, std::back_inserter(names), &CLI::App::get_name);
            const std::string nearest = nearestOf(word, names);
            const bool isPath = app == &root && word.find_first_of("./") != std::string::npos;
            const Error error{isPath ? "no such command or file" : "no such command", path + word,
                !nearest.empty() ? "did you mean " + nearest + "?" : "there are " + joined(names)};
            return root.get_name() + ": " + error.message();
        }
        app = *known;
        path += app->get_name() + ' ';
    }
    return {};
}

/// The command that a line names, as far as it was read, and the words that lead there.
std::pair<const CLI::App*, std::string> reached(const CLI::App& root)
{
    const CLI::App* app = &root;
    std::string line = root.get_name();
    while (!app->get_subcommands().empty()) {
        app = app->get_subcommands().front();
        line += ' ' + app->get_name();
    }
    return {app, line};
}

std::string upper(std::string text)
{
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return char(std::toupper(c)); });
    return text;
}

/// What a value is called: as the command says, else by its type.
std::string valueName(const CLI::Option& option)
{
    if (option.get_type_size() == 0)
        return {};
    const std::string type = option.get_type_name();
    const std::string name = type.substr(0, type.find(':')); // behind it what it may be
    return name == "UINT" || name == "INT" ? "N" : name == "FLOAT" ? "X" : name;
}

std::vector<std::string> namesOf(const CLI::Option& option)
{
    std::vector<std::string> names;
    for (const std::string& name : option.get_snames())
        names.push_back('-' + name);
    for (const std::string& name : option.get_lnames())
        names.push_back("--" + name);
    return names;
}

/// A wrong use that CLI11 found, told as our errors are.
Error asError(const CLI::ParseError& problem, const CLI::App& root, const CLI::App& app, const std::string& line)
{
    const std::string help = "`" + line + " --help` tells more";
    if (dynamic_cast<const CLI::ExtrasError*>(&problem)) {
        const std::vector<std::string> rest = root.remaining(true);
        const auto option = std::ranges::find_if(rest, [](const std::string& word) { return word.starts_with('-'); });
        if (option == rest.end())
            return {"is one word too many", rest.empty() ? std::string() : rest.front(), help};
        std::vector<std::string> known;
        for (const CLI::Option* some : app.get_options()) {
            for (std::string& name : namesOf(*some))
                known.push_back(std::move(name));
        }
        const std::string nearest = nearestOf(option->substr(0, option->find('=')), known);
        return {"no such option", *option, nearest.empty() ? help : "did you mean " + nearest + "?"};
    }
    const bool missing = dynamic_cast<const CLI::RequiredError*>(&problem);
    if (const auto commands = commandsOf(app); missing && !commands.empty())
        return {"which one? " + joined(commands, ", ", [](const CLI::App* command) { return command->get_name(); }), {},
            help};
    if (missing) {
        for (const CLI::Option* option : app.get_options()) {
            if (option->get_required() && option->count() == 0)
                return {
                    "is missing", option->get_positional() ? upper(option->get_name(true)) : option->get_name(), help};
        }
    }
    return {problem.what(), {}, help};
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

Argument& Argument::choices(std::function<std::vector<std::string>()> choices)
{
    m_line->m_choices[m_option] = std::move(choices);
    return *this;
}

template <class T> Argument Arguments::option(const std::string& names, T& value, const std::string& help)
{
    CLI::Option* const option = m_app->add_option(names, value, help);
    if constexpr (std::is_same_v<T, std::filesystem::path> || std::is_same_v<T, std::vector<std::filesystem::path>>)
        option->type_name("FILE");
    return {option, m_line};
}

#define ES_OPTION_OF(...) template Argument Arguments::option(const std::string&, __VA_ARGS__&, const std::string&);
ES_OPTION_OF(std::string)
ES_OPTION_OF(std::vector<std::string>)
ES_OPTION_OF(std::filesystem::path)
ES_OPTION_OF(std::vector<std::filesystem::path>)
ES_OPTION_OF(std::uint32_t)
ES_OPTION_OF(std::uint64_t)
ES_OPTION_OF(double)
ES_OPTION_OF(std::optional<int>)
ES_OPTION_OF(std::optional<double>)
ES_OPTION_OF(std::optional<std::uint32_t>)
#undef ES_OPTION_OF

Argument Arguments::text(
    const std::string& names, std::function<void(const std::string&)> take, const std::string& help)
{
    return {m_app->add_option_function<std::string>(names, take, help), m_line};
}

void Arguments::flag(const std::string& names, bool& value, const std::string& help)
{
    m_app->add_flag(names, value, help);
}

void Arguments::flag(const std::string& names, std::function<void()> take, const std::string& help)
{
    m_app->add_flag_callback(names, take, help);
}

void Arguments::footer(std::function<std::string(std::size_t width)> text)
{
    m_line->m_footers[m_app] = std::move(text);
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
                line->m_run = run;
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

std::string Arguments::firstWord() const
{
    for (const CLI::Option* option : m_app->get_options()) {
        if (option->get_positional() && option->count() > 0)
            return option->results().front();
    }
    return {};
}

bool Arguments::likely() const
{
    const auto& words = m_line->m_words;
    const auto isThis = [&](const std::string& word) { return m_app->check_name(word); };
    return std::ranges::any_of(words, isThis) || (!words.empty() && words.front() == "man");
}

std::string Arguments::line() const
{
    return m_line->m_line;
}

int Arguments::runInstead(const std::vector<std::string>& words) const
{
    return m_line->run(words);
}

Manual Arguments::wholeManual() const
{
    return m_line->manualOf(*m_line->m_app, m_line->m_app->get_name(), true);
}

CommandLine::CommandLine(
    int argc, char** argv, const std::string& description, const std::string& name, const std::string& version)
    : m_app(std::make_unique<CLI::App>(description, name))
    , m_words(argv + std::min(argc, 1), argv + argc)
{
    for (int i = 0; i < argc; ++i)
        m_line += (i > 0 ? " " : "") + std::string(argv[i]);
    m_app->set_help_flag("-h,--help", "Say this");
    m_app->set_version_flag("--version", version, "Say which version this is");
    m_footers[m_app.get()] = [name](std::size_t width) {
        return wrapped("`" + name + " help COMMAND` tells more of one. `" + name
                + " TRACE.h5` describes a trace and says what can be done with it.",
            width, 0);
    };
    m_app->require_subcommand(1);
}

CommandLine::~CommandLine() = default;

void CommandLine::add(const Command& command)
{
    Arguments(m_app.get(), this).command(command);
    if (command.takeOver)
        m_others[command.name] = command;
}

Manual CommandLine::manualOf(const CLI::App& app, const std::string& line, bool whole) const
{
    Manual manual;
    manual.name = app.get_name();
    manual.line = line;
    manual.title = app.get_description();
    manual.needsCommand = app.get_require_subcommand_min() > 0;
    if (const auto footer = m_footers.find(&app); footer != m_footers.end())
        manual.footer = footer->second;
    if (const auto other = m_others.find(app.get_name()); other != m_others.end() && app.get_parent() == m_app.get())
        manual.help = other->second.help;
    for (const CLI::Option* option : app.get_options()) {
        ManualOption told;
        told.text = option->get_description();
        told.required = option->get_required();
        told.list = option->get_expected_max() > 1 && option->get_allow_extra_args();
        if (const auto choices = m_choices.find(option); whole && choices != m_choices.end())
            told.choices = choices->second();
        if (option->get_positional()) {
            told.names = {upper(option->get_name(true))};
            manual.arguments.push_back(std::move(told));
        } else {
            told.names = namesOf(*option);
            told.value = valueName(*option);
            told.standard = option->get_default_str();
            manual.options.push_back(std::move(told));
        }
    }
    for (const CLI::App* command : commandsOf(app)) {
        if (whole)
            manual.commands.push_back(manualOf(*command, line + ' ' + command->get_name(), true));
        else
            manual.commands.push_back({command->get_name(), {}, command->get_description(), {}, {}, false, {}});
    }
    return manual;
}

int CommandLine::run()
{
    if (!m_words.empty() && m_words.front() == kCompleteCommand) {
        const Manual whole = manualOf(*m_app, m_app->get_name(), true);
        const auto written = print(candidateText(candidatesFor(whole, {m_words.begin() + 1, m_words.end()})));
        return written ? 0 : 1;
    }
    return run(m_words);
}

int CommandLine::run(std::vector<std::string> words)
{
    const auto isCommand = [&](const std::string& word) {
        return std::ranges::any_of(commandsOf(*m_app), [&](const CLI::App* c) { return c->check_name(word); });
    };
    if (!words.empty()) {
        if (const auto other = m_others.find(words.front()); other != m_others.end())
            return other->second.takeOver({words.begin() + 1, words.end()});
        std::error_code ignored;
        if (!words.front().starts_with('-') && !isCommand(words.front())
            && std::filesystem::exists(words.front(), ignored))
            words.insert(words.begin(), kFileCommand);
    }
    if (const std::string unknown = unknownCommand(*m_app, words); !unknown.empty()) {
        std::fprintf(stderr, "%s\n", unknown.c_str());
        return 2;
    }
    const auto show = [](const std::string& text) {
        const auto shown = showPage(pageOf(false), text);
        if (!shown)
            std::fprintf(stderr, "expertscope: %s\n", shown.error().message().c_str());
        return shown ? 0 : 1;
    };
    m_run = {};
    try {
        m_app->parse(std::vector(words.rbegin(), words.rend()));
    } catch (const CLI::ParseError& problem) {
        const auto [app, line] = reached(*m_app);
        if (dynamic_cast<const CLI::CallForVersion*>(&problem))
            return show(std::string(problem.what()) + '\n');
        const std::string help = helpText(manualOf(*app, line, false), terminalWidth());
        if (dynamic_cast<const CLI::CallForHelp*>(&problem))
            return show(help);
        if (words.empty()) {
            std::fputs(help.c_str(), stderr);
            return 2;
        }
        std::fprintf(stderr, "%s: %s\n", line.c_str(), asError(problem, *m_app, *app, line).message().c_str());
        return 2;
    }
    return m_run ? m_run() : 2;
}

}
