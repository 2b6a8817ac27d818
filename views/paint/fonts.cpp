// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/paint/fonts.h"

#include "views/paint/resources.h"

#include <QFile>
#include <QFontDatabase>
#include <QFontInfo>
#include <QPainterPath>

#include <algorithm>
#include <set>

namespace expertscope {

namespace {

constexpr int kProbePixels = 16;
/// Of fonts that have as many of the characters: sans serif first, and those that are made to go together.
constexpr const char* kPreferred[] = {"DejaVu Sans", "Noto Sans", "Noto Sans CJK SC", "Noto Sans CJK JP", "Noto Sans CJK TC",
    "Noto Sans CJK KR", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei"};

QFont plainFont(const QStringList& families, int pixels)
{
    QFont font(families);
    font.setPixelSize(pixels);
    font.setHintingPreference(QFont::PreferNoHinting);
    font.setStyleStrategy(QFont::StyleStrategy(
        families.size() > 1 ? QFont::PreferOutline : QFont::PreferOutline | QFont::NoFontMerging));
    return font;
}

/// Which of the characters a family has as outlines: not as coloured images, which no journal takes.
std::set<char32_t> drawnBy(const QString& family, const std::set<char32_t>& characters)
{
    const QRawFont font = QRawFont::fromFont(plainFont({family}, kProbePixels));
    std::set<char32_t> drawn;
    for (const char32_t c : characters) {
        if (!font.supportsCharacter(c))
            continue;
        const QList<quint32> glyphs = font.glyphIndexesForString(QString::fromUcs4(&c, 1));
        const bool outlined = !glyphs.isEmpty() && glyphs.front() != 0 && !font.pathForGlyph(glyphs.front()).isEmpty();
        if (outlined || !QChar::isPrint(c) || QChar::isSpace(c))
            drawn.insert(c);
    }
    return drawn;
}

}

Expected<void> registerBundledFonts()
{
    static const QString failed = [] {
        ensurePaintResources();
        for (const char* file : {"LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSerif-Regular.ttf",
                 "LiberationSerif-Bold.ttf"}) {
            if (QFontDatabase::addApplicationFont(QString(":/expertscope/fonts/") + file) < 0)
                return QString(file);
        }
        return QString();
    }();
    if (!failed.isEmpty())
        return fail("bundled font cannot be loaded", failed.toStdString());
    return {};
}

Expected<QByteArray> bundledFont(const QString& name)
{
    ensurePaintResources();
    QFile file(":/expertscope/fonts/" + name);
    if (!file.open(QIODevice::ReadOnly))
        return fail("no such bundled font", name.toStdString());
    return file.readAll();
}

FontCharacters::FontCharacters(const QFont& font)
{
    for (const QString& family : font.families())
        m_families.push_back(QRawFont::fromFont(plainFont({family}, kProbePixels)));
}

bool FontCharacters::has(char32_t c) const
{
    return std::ranges::any_of(m_families, [c](const QRawFont& font) { return font.supportsCharacter(c); });
}

Expected<QFont> figureFont(const QStringList& families, int pixels, const QStringList& texts)
{
    ES_TRY(registerBundledFonts());
    for (const QString& family : families) {
        const QString hint = "the bundled families are Liberation Sans and Liberation Serif";
        if (!QFontDatabase::families().contains(family, Qt::CaseInsensitive))
            return fail("no such font family on this system", family.toStdString(), hint.toStdString());
        const QFont font = plainFont({family}, pixels);
        if (QFontInfo(font).family().compare(family, Qt::CaseInsensitive) != 0) {
            return fail("font family resolves to '" + QFontInfo(font).family().toStdString() + "'", family.toStdString(),
                hint.toStdString());
        }
    }
    const QFont font = plainFont(families, pixels);
    const FontCharacters characters(font);
    for (const QString& text : texts) {
        for (const char32_t c : text.toUcs4()) {
            if (c < ' ' || characters.has(c))
                continue;
            return fail((families.size() == 1 ? "font family '" : "font families '") + families.join("', '").toStdString()
                    + "' " + (families.size() == 1 ? "lacks" : "lack") + " the character U+"
                    + QString::number(uint(c), 16).toUpper().rightJustified(4, '0').toStdString(),
                "label '" + text.toStdString() + "'", "no font here has it: install one that does, or choose other labels");
        }
    }
    return font;
}

QStringList withFallbacks(QStringList families, const QStringList& texts)
{
    std::set<char32_t> missing;
    for (const QString& text : texts) {
        for (const char32_t c : text.toUcs4()) {
            if (c >= ' ')
                missing.insert(c);
        }
    }
    const FontCharacters there(plainFont(families, kProbePixels));
    std::erase_if(missing, [&](char32_t c) { return there.has(c); });
    if (missing.empty())
        return families;
    QStringList others(std::begin(kPreferred), std::end(kPreferred));
    for (const QString& family : QFontDatabase::families()) {
        if (!others.contains(family) && QFontDatabase::isSmoothlyScalable(family))
            others << family;
    }
    std::vector<std::pair<QString, std::set<char32_t>>> drawn;
    for (const QString& family : others) {
        if (!families.contains(family) && QFontDatabase::hasFamily(family))
            drawn.emplace_back(family, drawnBy(family, missing));
    }
    while (!missing.empty()) {
        const auto served = [&](const auto& font) {
            return std::ranges::count_if(missing, [&](char32_t c) { return font.second.contains(c); });
        };
        const auto best = std::ranges::max_element(drawn, {}, served); // of several the first
        if (best == drawn.end() || served(*best) == 0)
            break;
        families << best->first;
        std::erase_if(missing, [&](char32_t c) { return best->second.contains(c); });
    }
    return families;
}

}
