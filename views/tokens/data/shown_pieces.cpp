// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/shown_pieces.h"

#include "io/base/text.h"

#include <QByteArray>

#include <algorithm>

namespace expertscope {

namespace {

/// A character of the joined bytes, or a byte that belongs to none.
struct Place
{
    std::size_t begin = 0, size = 0;
    std::int32_t codepoint = -1;
};

std::vector<Place> charactersOf(const std::string& all)
{
    std::vector<Place> characters;
    std::string_view rest = all;
    while (!rest.empty()) {
        const std::size_t begin = all.size() - rest.size();
        const Character character = takeCharacter(rest);
        characters.push_back({begin, character.bytes.size(), character.codepoint});
    }
    return characters;
}

QString textOf(std::int32_t codepoint)
{
    const auto c = char32_t(codepoint);
    return codepoint < 0 ? QString(QChar::ReplacementCharacter) : QString::fromUcs4(&c, 1);
}

QString hexOf(const std::string& bytes)
{
    return QString::fromLatin1(QByteArray::fromStdString(bytes).toHex(' '));
}

/// Text with signs; what has neither ink nor a sign is left out.
QString signedText(const QString& text)
{
    QString shown = shownPiece(text);
    if (shown.isEmpty() && !text.isEmpty())
        shown = QString(kPartSign); // controls only
    return shown;
}

QString tipOf(const QString& text)
{
    QStringList names;
    const auto count = [&](const char* one, const char* many, qsizetype n) {
        if (n > 0)
            names << (n == 1 ? QString(one) : QString::number(n) + ' ' + many);
    };
    count("a line break", "line breaks", text.count('\n'));
    count("a tab", "tabs", text.count('\t'));
    count("a carriage return", "carriage returns", text.count('\r'));
    const bool blank = text.trimmed().isEmpty();
    if (blank) {
        count("a blank", "blanks", text.count(' '));
        count("a no-break space", "no-break spaces", text.count(QChar::Nbsp));
    }
    return names.join(", ");
}

}

bool looksSpecial(const std::string& bytes)
{
    const QString text = QString::fromStdString(bytes);
    if (text.size() < 3)
        return false;
    const QString inside = text.mid(1, text.size() - 2);
    if (text.front() == '<' && text.back() == '>') {
        const QChar bars[] = {'|', QChar(0xff5c)}; // DeepSeek's is a full-width one
        for (const QChar bar : bars) {
            if (inside.size() > 2 && inside.front() == bar && inside.back() == bar)
                return true;
        }
        static const QStringList names{"s", "/s", "unk", "pad", "bos", "eos", "mask", "cls", "sep", "sop", "eop",
            "start_of_turn", "end_of_turn", "fim_prefix", "fim_middle", "fim_suffix", "|"};
        return names.contains(inside.toLower());
    }
    static const QStringList names{"CLS", "SEP", "PAD", "UNK", "MASK", "BOS", "EOS", "INST", "/INST"};
    return text.front() == '[' && text.back() == ']' && names.contains(inside);
}

JoinedText joinedText(const std::vector<std::string>& bytes)
{
    std::string all;
    for (const std::string& piece : bytes)
        all += piece;
    JoinedText joined;
    const std::vector<Place> characters = charactersOf(all);
    std::vector<qsizetype> offsets; // [characters + 1]
    for (const Place& character : characters) {
        offsets.push_back(joined.text.size());
        joined.text += textOf(character.codepoint);
    }
    offsets.push_back(joined.text.size());
    std::size_t begin = 0, c = 0;
    const auto endOf = [&](std::size_t i) { return characters[i].begin + characters[i].size; };
    for (const std::string& piece : bytes) {
        const std::size_t end = begin + piece.size();
        while (c < characters.size() && endOf(c) <= begin)
            ++c;
        joined.begins.push_back(offsets[c]);
        std::size_t last = c;
        while (last < characters.size() && endOf(last) < end)
            ++last;
        joined.ends.push_back(piece.empty() ? offsets[c] : offsets[last + 1]);
        begin = end;
    }
    joined.begins.push_back(joined.text.size());
    return joined;
}

std::vector<ShownPiece> shownPieces(
    const std::vector<std::string>& bytes, const std::vector<std::int32_t>& ids, std::size_t first, std::size_t count)
{
    std::vector<ShownPiece> pieces(count);
    std::string all;
    std::vector<std::size_t> begins;
    for (const std::string& piece : bytes) {
        begins.push_back(all.size());
        all += piece;
    }
    begins.push_back(all.size());
    const std::vector<Place> characters = charactersOf(all);
    for (std::size_t i = 0; i < count; ++i) {
        ShownPiece& piece = pieces[i];
        const std::size_t token = first + i;
        if (token >= bytes.size() || bytes[token].empty()) {
            const bool known = i < ids.size() && ids[i] >= 0;
            piece.kind = ShownPiece::Kind::Id;
            piece.text = ' ' + (known ? QString::number(ids[i]) : QString(QChar(0xb7)));
            piece.tip = known ? QString("the text of this token is not recorded: its id")
                              : QString("neither text nor id of this token is recorded");
            continue;
        }
        if (looksSpecial(bytes[token])) {
            piece.kind = ShownPiece::Kind::Special;
            piece.text = QString::fromStdString(bytes[token]);
            piece.tip = "a special token";
            continue;
        }
        // The characters that this token begins, whole ones; of those it only goes on with, a sign.
        const std::size_t begin = begins[token], end = begins[token + 1];
        auto at = std::ranges::upper_bound(characters, begin, {}, &Place::begin);
        if (at != characters.begin())
            --at;
        QString text, split;
        bool part = false;
        for (; at != characters.end() && at->begin < end; ++at) {
            const bool whole = at->begin >= begin && at->begin + at->size <= end;
            if (at->codepoint < 0) {
                text += kPartSign;
                part = true;
            } else if (whole) {
                text += textOf(at->codepoint);
            } else {
                split = textOf(at->codepoint);
                part = true;
                text += at->begin >= begin ? split : QString(kPartSign);
            }
        }
        QString signs = text;
        signs.remove(kPartSign);
        piece.breaksLine = text.contains('\n');
        if (part) {
            piece.kind = ShownPiece::Kind::Part;
            piece.tip = "bytes " + hexOf(bytes[token])
                + (split.isEmpty() ? QString(": no text by themselves")
                                   : QString::fromUtf8(": a part of “") + split + QString::fromUtf8("”"));
        } else {
            piece.kind = text.trimmed().isEmpty() ? ShownPiece::Kind::Blank : ShownPiece::Kind::Text;
            piece.tip = tipOf(text);
        }
        piece.text = part ? text : signedText(text);
        if (part) {
            // shownPiece() knows no part signs: what stands between them is made visible by itself.
            QString shown;
            for (const QString& between : text.split(kPartSign)) {
                shown += shownPiece(between);
                shown += kPartSign;
            }
            shown.chop(1);
            piece.text = shown;
        }
    }
    return pieces;
}

}
