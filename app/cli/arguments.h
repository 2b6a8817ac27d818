// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a command says of its options, and the command line that is read by it. The only face of CLI11: arguments.cpp
// includes it, nobody else.
#pragma once

#include "app/cli/command.h"

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
    explicit Argument(CLI::Option* option)
        : m_option(option)
    {
    }
    Argument& required();
    /// One value each time it is named; without, a list takes all that follow.
    Argument& repeated();
    /// Of int or unsigned: what it may be.
    template <class T> Argument& range(T least, T most);
    /// What --help calls a value ("FILE"), and what it is without.
    Argument& value(const std::string& type, const std::string& standard = {});

private:
    CLI::Option* m_option;
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

    /// Below the options in --help; or made when it is asked for.
    void footer(const std::string& text);
    void footer(std::function<std::string()> text);
    /// A command of this command: one of them must be named, or may be. What declare() returns of this one is run when
    /// none was.
    void command(const Command& command);
    void requireCommand(bool required = true);
    /// Names of this command in any case, like KIND and kind.
    void ignoreCase();
    /// Takes whatever follows and leaves it in remaining().
    void takeAnything();

    /// Once the line was read.
    bool given(const std::string& name) const;
    std::vector<std::string> remaining() const;
    std::string help() const;

    /// Whether the first word of the line is this command: before the line is read.
    bool likely() const;
    /// The whole line, words with spaces between.
    std::string line() const;

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
    /// Reads the line and runs the command it names. The exit status: 2 after wrong usage, which is told.
    int run();

private:
    friend class Arguments;
    std::unique_ptr<CLI::App> m_app;
    std::vector<std::string> m_words; ///< without the program
    std::string m_line;
    int m_status = 0;
};

}
