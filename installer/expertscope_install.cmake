# cmake --install BUILD --prefix DIR: the executables, and what they say of themselves: the manual page and the shells'
# completions, written by the executable that is installed.
include(GNUInstallDirs)
install(TARGETS expertscope RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
if(EXPERTSCOPE_GUI)
    install(TARGETS expertscope-desktop RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(DIRECTORY resources/demo DESTINATION ${CMAKE_INSTALL_DATADIR}/expertscope PATTERN train EXCLUDE)
    install(TARGETS expertscope_figure_module LIBRARY DESTINATION lib) # `expertscope figure` looks in ../lib
endif()
if(EXPERTSCOPE_TORCH)
    # LibTorch stays where it is.
    set_target_properties(expertscope_capture_module PROPERTIES INSTALL_RPATH_USE_LINK_PATH ON)
    install(TARGETS expertscope-capture RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    install(TARGETS expertscope_capture_module LIBRARY DESTINATION lib) # looked for in ../lib
endif()

install(CODE "
    function(say file)
        execute_process(COMMAND \"$<TARGET_FILE:expertscope>\" \${ARGN} OUTPUT_FILE \"\${file}\" COMMAND_ERROR_IS_FATAL ANY)
    endfunction()
    file(MAKE_DIRECTORY \"${CMAKE_BINARY_DIR}/share\")
    say(\"${CMAKE_BINARY_DIR}/share/expertscope.1\" man)
    foreach(shell bash zsh fish)
        say(\"${CMAKE_BINARY_DIR}/share/completion.\${shell}\" completion \${shell})
    endforeach()")
install(FILES ${CMAKE_BINARY_DIR}/share/expertscope.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${CMAKE_BINARY_DIR}/share/completion.bash
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME expertscope)
install(FILES ${CMAKE_BINARY_DIR}/share/completion.zsh
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions RENAME _expertscope)
install(FILES ${CMAKE_BINARY_DIR}/share/completion.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d RENAME expertscope.fish)
