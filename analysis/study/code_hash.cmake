# cmake -DROOT=… -DFOLDERS=a,b -DOUTPUT=code_hash.cpp -P code_hash.cmake: the hash of all sources in folders of ROOT.
string(REPLACE "," ";" folders "${FOLDERS}")
set(all "")
foreach(folder ${folders})
    file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/${folder}/*.h ${ROOT}/${folder}/*.cpp)
    list(SORT files)
    foreach(file ${files})
        file(SHA256 ${ROOT}/${file} hash)
        string(APPEND all "${hash} ${file}\n")
    endforeach()
endforeach()
string(SHA256 hash "${all}")
file(WRITE ${OUTPUT} "// Written by code_hash.cmake.
#include \"analysis/study/code_hash.h\"

const char* const expertscope::kCodeHash = \"${hash}\";
")
