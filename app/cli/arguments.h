// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a command says of its options, and the command line that is read by it. The only face of CLI11: arguments.cpp
// includes it, nobody else.
#pragma once

#include "app/cli/command.h"
#include "app/cli/manual/manual.h"

#include <map>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}

namespace expertscope {

class CommandLine;

/// An option or positional argument that was declared.
class Argument
{
public:
    Argument(CLI::Option* option, CommandLine* line)
        : m_option(option)
        , m_line(line)
    {
    }
    Argument& required();
    /// One value each time it is named; without, a list takes all that follow.
    Argument& repeated();
    /// Of int or unsigned: what it may be.
    template <class T> Argument& range(T least, T most);
    /// What --help calls a value ("FILE"), and what it is without.
    Argument& value(const std::string& type, const std::string& standard = {});
    /// Some of the values there are: what a shell offers. Asked only then.
    Argument& choices(std::function<std::vector<std::string>()> choices);

private:
    CLI::Option* m_option;
    CommandLine* m_line;
};

/// The arguments of a command. A handle: copies are the same.
class Arguments
{
public:
    /// "-o,--output"; without dashes: positional. `value`, which must outlive the command line, holds the default and
    /// takes what is given. Of text, numbers, paths, lists of text and of paths, and optional ones.
    template <class T> Argument option(const std::string& names, T& value, const std::string& help);
    Argument text(const std::string& names, std::function<void(const std::string&)> take, const std::string& help);
    void flag(const std::string& names, bool& value, const std::string& help);
    void flag(const std::string& names, std::function<void()> take, const std::string& help);

    /// Below the options in --help; made when it is asked for, in lines of at most `width` columns.
    void footer(std::function<std::string(std::size_t width)> text);
    /// A command of this command: one of them must be named, or may be. What declare() returns of this one is run when
    /// none was.
    void command(const Command& command);
    void requireCommand(bool required = true);
    /// Names of this command in any case, like KIND and kind.
    void ignoreCase();
    /// Takes whatever follows, without a look at it.
    void takeAnything();

    /// Once the line was read.
    bool given(const std::string& name) const;
    std::string firstWord() const; ///< the first positional argument, as given; empty: none was

    /// Whether the line may be about this command: before the line is read.
    bool likely() const;
    /// The whole line, words with spaces between.
    std::string line() const;
    /// Reads other words in place of the line's, and does what they say; the exit status.
    int runInstead(const std::vector<std::string>& words) const;
    /// What all commands say of themselves.
    Manual wholeManual() const;

private:
    friend class CommandLine;
    Arguments(CLI::App* app, CommandLine* line)
        : m_app(app)
        , m_line(line)
    {
    }
    CLI::App* m_app;
    CommandLine* m_line;
};

/// The line that started the program.
class CommandLine
{
public:
    CommandLine(int argc, char** argv, const std::string& description, const std::string& name,
        const std::string& version);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;

    void add(const Command& command);
    /// Reads the line and runs the command it names. The exit status: 2 after wrong usage, which is told. A name of a
    /// file in place of a command: kFileCommand is given it.
    int run();

private:
    friend class Argument;
    friend class Arguments;
    int run(std::vector<std::string> words);
    Manual manualOf(const CLI::App& app, const std::string& line, bool whole) const;

    std::unique_ptr<CLI::App> m_app;
    std::vector<std::string> m_words; ///< without the program
    std::string m_line;
    Run m_run; ///< of the command that the line named
    std::map<std::string, Command> m_others; ///< commands that are other programs
    std::map<const CLI::App*, std::function<std::string(std::size_t)>> m_footers;
    std::map<const CLI::Option*, std::function<std::vector<std::string>()>> m_choices;
};

}
