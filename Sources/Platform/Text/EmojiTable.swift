// Written by scripts/emoji-table.
// swift-format-ignore-file

/// Unicode's emoji, a line each: its scalars in hexadecimal as Unicode fully qualifies them; behind which of them, selectors
/// left out, tones may stand (`-` for none, `!` when they have to); its short names.
enum EmojiTable {
    static let lines: StaticString = """
23-FE0F-20E3 - hash
2A-FE0F-20E3 - keycap_star asterisk
30-FE0F-20E3 - zero keycap_0
31-FE0F-20E3 - one keycap_1
32-FE0F-20E3 - two keycap_2
33-FE0F-20E3 - three keycap_3
34-FE0F-20E3 - four keycap_4
35-FE0F-20E3 - five keycap_5
36-FE0F-20E3 - six keycap_6
37-FE0F-20E3 - seven keycap_7
38-FE0F-20E3 - eight keycap_8
39-FE0F-20E3 - nine keycap_9
A9-FE0F - copyright
AE-FE0F - registered
203C-FE0F - bangbang double_exclamation_mark
2049-FE0F - interrobang exclamation_question_mark
2122-FE0F - tm trade_mark
2139-FE0F - information_source information
2194-FE0F - left_right_arrow
2195-FE0F - arrow_up_down up_down_arrow
2196-FE0F - arrow_upper_left up_left_arrow
2197-FE0F - arrow_upper_right up_right_arrow
2198-FE0F - arrow_lower_right down_right_arrow
2199-FE0F - arrow_lower_left down_left_arrow
21A9-FE0F - leftwards_arrow_with_hook right_arrow_curving_left
21AA-FE0F - arrow_right_hook left_arrow_curving_right
231A - watch
231B - hourglass hourglass_done
2328-FE0F - keyboard
23CF-FE0F - eject eject_symbol eject_button
23E9 - fast_forward fast_forward_button
23EA - rewind fast_reverse_button
23EB - arrow_double_up fast_up_button
23EC - arrow_double_down fast_down_button
23ED-FE0F - black_right_pointing_double_triangle_with_vertical_bar next_track_button
23EE-FE0F - black_left_pointing_double_triangle_with_vertical_bar previous_track_button last_track_button
23EF-FE0F - black_right_pointing_triangle_with_double_vertical_bar play_or_pause_button
23F0 - alarm_clock
23F1-FE0F - stopwatch
23F2-FE0F - timer_clock
23F3 - hourglass_flowing_sand hourglass_not_done
23F8-FE0F - double_vertical_bar pause_button
23F9-FE0F - black_square_for_stop stop_button
23FA-FE0F - black_circle_for_record record_button
24C2-FE0F - m circled_m
25AA-FE0F - black_small_square
25AB-FE0F - white_small_square
25B6-FE0F - arrow_forward play_button
25C0-FE0F - arrow_backward reverse_button
25FB-FE0F - white_medium_square
25FC-FE0F - black_medium_square
25FD - white_medium_small_square
25FE - black_medium_small_square
2600-FE0F - sunny sun
2601-FE0F - cloud
2602-FE0F - umbrella open_umbrella
2603-FE0F - snowman snowman_with_snow
2604-FE0F - comet
260E-FE0F - phone telephone
2611-FE0F - ballot_box_with_check check_box_with_check
2614 - umbrella_with_rain_drops
2615 - coffee hot_beverage
2618-FE0F - shamrock
261D-FE0F 0 point_up index_pointing_up
2620-FE0F - skull_and_crossbones
2622-FE0F - radioactive_sign radioactive
2623-FE0F - biohazard_sign biohazard
2626-FE0F - orthodox_cross
262A-FE0F - star_and_crescent
262E-FE0F - peace_symbol
262F-FE0F - yin_yang
2638-FE0F - wheel_of_dharma
2639-FE0F - white_frowning_face frowning_face
263A-FE0F - relaxed smiling_face
2640-FE0F - female_sign
2642-FE0F - male_sign
2648 - aries
2649 - taurus
264A - gemini
264B - cancer
264C - leo
264D - virgo
264E - libra
264F - scorpius scorpio
2650 - sagittarius
2651 - capricorn
2652 - aquarius
2653 - pisces
265F-FE0F - chess_pawn
2660-FE0F - spades spade_suit
2663-FE0F - clubs club_suit
2665-FE0F - hearts heart_suit
2666-FE0F - diamonds diamond_suit
2668-FE0F - hotsprings hot_springs
267B-FE0F - recycle recycling_symbol
267E-FE0F - infinity
267F - wheelchair wheelchair_symbol
2692-FE0F - hammer_and_pick
2693 - anchor
2694-FE0F - crossed_swords
2695-FE0F - medical_symbol staff_of_aesculapius
2696-FE0F - scales balance_scale
2697-FE0F - alembic
2699-FE0F - gear
269B-FE0F - atom_symbol
269C-FE0F - fleur_de_lis
26A0-FE0F - warning
26A1 - zap high_voltage
26A7-FE0F - transgender_symbol
26AA - white_circle
26AB - black_circle
26B0-FE0F - coffin
26B1-FE0F - funeral_urn
26BD - soccer soccer_ball
26BE - baseball
26C4 - snowman_without_snow
26C5 - partly_sunny
26C8-FE0F - thunder_cloud_and_rain cloud_with_lightning_and_rain
26CE - ophiuchus
26CF-FE0F - pick
26D1-FE0F - helmet_with_white_cross rescue_worker_helmet rescue_workers_helmet
26D3-FE0F - chains
26D3-FE0F-200D-1F4A5 - broken_chain
26D4 - no_entry
26E9-FE0F - shinto_shrine
26EA - church
26F0-FE0F - mountain
26F1-FE0F - umbrella_on_ground parasol_on_ground
26F2 - fountain
26F3 - golf flag_in_hole
26F4-FE0F - ferry
26F5 - boat sailboat
26F7-FE0F - skier
26F8-FE0F - ice_skate
26F9-FE0F 0 person_with_ball bouncing_ball_person person_bouncing_ball
26F9-FE0F-200D-2640-FE0F 0 woman_bouncing_ball basketball_woman bouncing_ball_woman
26F9-FE0F-200D-2642-FE0F 0 man_bouncing_ball basketball_man bouncing_ball_man
26FA - tent
26FD - fuelpump fuel_pump
2702-FE0F - scissors
2705 - white_check_mark check_mark_button
2708-FE0F - airplane
2709-FE0F - email envelope
270A 0 fist fist_raised raised_fist
270B 0 hand raised_hand
270C-FE0F 0 v victory_hand
270D-FE0F 0 writing_hand
270F-FE0F - pencil2
2712-FE0F - black_nib
2714-FE0F - heavy_check_mark check_mark
2716-FE0F - heavy_multiplication_x multiply
271D-FE0F - latin_cross
2721-FE0F - star_of_david
2728 - sparkles
2733-FE0F - eight_spoked_asterisk
2734-FE0F - eight_pointed_black_star eight_pointed_star
2744-FE0F - snowflake
2747-FE0F - sparkle
274C - x cross_mark
274E - negative_squared_cross_mark cross_mark_button
2753 - question red_question_mark
2754 - grey_question white_question_mark
2755 - grey_exclamation white_exclamation_mark
2757 - exclamation heavy_exclamation_mark red_exclamation_mark
2763-FE0F - heavy_heart_exclamation_mark_ornament heavy_heart_exclamation heart_exclamation
2764-FE0F - heart red_heart
2764-FE0F-200D-1F525 - heart_on_fire
2764-FE0F-200D-1FA79 - mending_heart
2795 - heavy_plus_sign plus
2796 - heavy_minus_sign minus
2797 - heavy_division_sign divide
27A1-FE0F - arrow_right right_arrow
27B0 - curly_loop
27BF - loop double_curly_loop
2934-FE0F - arrow_heading_up right_arrow_curving_up
2935-FE0F - arrow_heading_down right_arrow_curving_down
2B05-FE0F - arrow_left left_arrow
2B06-FE0F - arrow_up up_arrow
2B07-FE0F - arrow_down down_arrow
2B1B - black_large_square
2B1C - white_large_square
2B50 - star
2B55 - o hollow_red_circle
3030-FE0F - wavy_dash
303D-FE0F - part_alternation_mark
3297-FE0F - congratulations japanese_congratulations_button
3299-FE0F - secret japanese_secret_button
1F004 - mahjong mahjong_red_dragon
1F0CF - black_joker joker
1F170-FE0F - a a_button_blood_type
1F171-FE0F - b b_button_blood_type
1F17E-FE0F - o2 o_button_blood_type
1F17F-FE0F - parking p_button
1F18E - ab ab_button_blood_type
1F191 - cl cl_button
1F192 - cool cool_button
1F193 - free free_button
1F194 - id id_button
1F195 - new new_button
1F196 - ng ng_button
1F197 - ok ok_button
1F198 - sos sos_button
1F199 - up up_button
1F19A - vs vs_button
1F1E6-1F1E8 - flag_for_ascension_island ascension_island
1F1E6-1F1E9 - flag_for_andorra andorra
1F1E6-1F1EA - flag_for_united_arab_emirates united_arab_emirates
1F1E6-1F1EB - flag_for_afghanistan afghanistan
1F1E6-1F1EC - antigua_barbuda
1F1E6-1F1EE - flag_for_anguilla anguilla
1F1E6-1F1F1 - flag_for_albania albania
1F1E6-1F1F2 - flag_for_armenia armenia
1F1E6-1F1F4 - flag_for_angola angola
1F1E6-1F1F6 - flag_for_antarctica antarctica
1F1E6-1F1F7 - flag_for_argentina argentina
1F1E6-1F1F8 - flag_for_american_samoa american_samoa
1F1E6-1F1F9 - flag_for_austria austria
1F1E6-1F1FA - flag_for_australia australia
1F1E6-1F1FC - flag_for_aruba aruba
1F1E6-1F1FD - flag_for_aland_islands aland_islands
1F1E6-1F1FF - flag_for_azerbaijan azerbaijan
1F1E7-1F1E6 - bosnia_herzegovina
1F1E7-1F1E7 - flag_for_barbados barbados
1F1E7-1F1E9 - flag_for_bangladesh bangladesh
1F1E7-1F1EA - flag_for_belgium belgium
1F1E7-1F1EB - flag_for_burkina_faso burkina_faso
1F1E7-1F1EC - flag_for_bulgaria bulgaria
1F1E7-1F1ED - flag_for_bahrain bahrain
1F1E7-1F1EE - flag_for_burundi burundi
1F1E7-1F1EF - flag_for_benin benin
1F1E7-1F1F1 - st_barthelemy
1F1E7-1F1F2 - flag_for_bermuda bermuda
1F1E7-1F1F3 - flag_for_brunei brunei
1F1E7-1F1F4 - flag_for_bolivia bolivia
1F1E7-1F1F6 - flag_for_caribbean_netherlands caribbean_netherlands
1F1E7-1F1F7 - flag_for_brazil brazil
1F1E7-1F1F8 - flag_for_bahamas bahamas
1F1E7-1F1F9 - flag_for_bhutan bhutan
1F1E7-1F1FB - flag_for_bouvet_island bouvet_island
1F1E7-1F1FC - flag_for_botswana botswana
1F1E7-1F1FE - flag_for_belarus belarus
1F1E7-1F1FF - flag_for_belize belize
1F1E8-1F1E6 - flag_for_canada canada
1F1E8-1F1E8 - flag_for_cocos_islands cocos_islands
1F1E8-1F1E9 - flag_for_congo_kinshasa congo_kinshasa
1F1E8-1F1EB - flag_for_central_african_republic central_african_republic
1F1E8-1F1EC - flag_for_congo_brazzaville congo_brazzaville
1F1E8-1F1ED - flag_for_switzerland switzerland
1F1E8-1F1EE - flag_for_cote_divoire cote_divoire
1F1E8-1F1F0 - flag_for_cook_islands cook_islands
1F1E8-1F1F1 - flag_for_chile chile
1F1E8-1F1F2 - flag_for_cameroon cameroon
1F1E8-1F1F3 - cn flag_for_china china
1F1E8-1F1F4 - flag_for_colombia colombia
1F1E8-1F1F5 - flag_for_clipperton_island clipperton_island
1F1E8-1F1F6 - flag_for_sark sark
1F1E8-1F1F7 - flag_for_costa_rica costa_rica
1F1E8-1F1FA - flag_for_cuba cuba
1F1E8-1F1FB - flag_for_cape_verde cape_verde
1F1E8-1F1FC - flag_for_curacao curacao
1F1E8-1F1FD - flag_for_christmas_island christmas_island
1F1E8-1F1FE - flag_for_cyprus cyprus
1F1E8-1F1FF - flag_for_czech_republic czech_republic czechia
1F1E9-1F1EA - de flag_for_germany germany
1F1E9-1F1EC - flag_for_diego_garcia diego_garcia
1F1E9-1F1EF - flag_for_djibouti djibouti
1F1E9-1F1F0 - flag_for_denmark denmark
1F1E9-1F1F2 - flag_for_dominica dominica
1F1E9-1F1F4 - flag_for_dominican_republic dominican_republic
1F1E9-1F1FF - flag_for_algeria algeria
1F1EA-1F1E6 - ceuta_melilla
1F1EA-1F1E8 - flag_for_ecuador ecuador
1F1EA-1F1EA - flag_for_estonia estonia
1F1EA-1F1EC - flag_for_egypt egypt
1F1EA-1F1ED - flag_for_western_sahara western_sahara
1F1EA-1F1F7 - flag_for_eritrea eritrea
1F1EA-1F1F8 - es flag_for_spain spain
1F1EA-1F1F9 - flag_for_ethiopia ethiopia
1F1EA-1F1FA - flag_for_european_union eu european_union
1F1EB-1F1EE - flag_for_finland finland
1F1EB-1F1EF - flag_for_fiji fiji
1F1EB-1F1F0 - flag_for_falkland_islands falkland_islands
1F1EB-1F1F2 - flag_for_micronesia micronesia
1F1EB-1F1F4 - flag_for_faroe_islands faroe_islands
1F1EB-1F1F7 - fr flag_for_france france
1F1EC-1F1E6 - flag_for_gabon gabon
1F1EC-1F1E7 - gb uk flag_for_united_kingdom united_kingdom
1F1EC-1F1E9 - flag_for_grenada grenada
1F1EC-1F1EA - flag_for_georgia georgia
1F1EC-1F1EB - flag_for_french_guiana french_guiana
1F1EC-1F1EC - flag_for_guernsey guernsey
1F1EC-1F1ED - flag_for_ghana ghana
1F1EC-1F1EE - flag_for_gibraltar gibraltar
1F1EC-1F1F1 - flag_for_greenland greenland
1F1EC-1F1F2 - flag_for_gambia gambia
1F1EC-1F1F3 - flag_for_guinea guinea
1F1EC-1F1F5 - flag_for_guadeloupe guadeloupe
1F1EC-1F1F6 - flag_for_equatorial_guinea equatorial_guinea
1F1EC-1F1F7 - flag_for_greece greece
1F1EC-1F1F8 - south_georgia_south_sandwich_islands
1F1EC-1F1F9 - flag_for_guatemala guatemala
1F1EC-1F1FA - flag_for_guam guam
1F1EC-1F1FC - flag_for_guinea_bissau guinea_bissau
1F1EC-1F1FE - flag_for_guyana guyana
1F1ED-1F1F0 - flag_for_hong_kong hong_kong hong_kong_sar_china
1F1ED-1F1F2 - heard_mcdonald_islands
1F1ED-1F1F3 - flag_for_honduras honduras
1F1ED-1F1F7 - flag_for_croatia croatia
1F1ED-1F1F9 - flag_for_haiti haiti
1F1ED-1F1FA - flag_for_hungary hungary
1F1EE-1F1E8 - flag_for_canary_islands canary_islands
1F1EE-1F1E9 - flag_for_indonesia indonesia
1F1EE-1F1EA - flag_for_ireland ireland
1F1EE-1F1F1 - flag_for_israel israel
1F1EE-1F1F2 - flag_for_isle_of_man isle_of_man
1F1EE-1F1F3 - flag_for_india india
1F1EE-1F1F4 - flag_for_british_indian_ocean_territory british_indian_ocean_territory
1F1EE-1F1F6 - flag_for_iraq iraq
1F1EE-1F1F7 - flag_for_iran iran
1F1EE-1F1F8 - flag_for_iceland iceland
1F1EE-1F1F9 - it flag_for_italy italy
1F1EF-1F1EA - flag_for_jersey jersey
1F1EF-1F1F2 - flag_for_jamaica jamaica
1F1EF-1F1F4 - flag_for_jordan jordan
1F1EF-1F1F5 - jp flag_for_japan
1F1F0-1F1EA - flag_for_kenya kenya
1F1F0-1F1EC - flag_for_kyrgyzstan kyrgyzstan
1F1F0-1F1ED - flag_for_cambodia cambodia
1F1F0-1F1EE - flag_for_kiribati kiribati
1F1F0-1F1F2 - flag_for_comoros comoros
1F1F0-1F1F3 - st_kitts_nevis
1F1F0-1F1F5 - flag_for_north_korea north_korea
1F1F0-1F1F7 - kr flag_for_south_korea south_korea
1F1F0-1F1FC - flag_for_kuwait kuwait
1F1F0-1F1FE - flag_for_cayman_islands cayman_islands
1F1F0-1F1FF - flag_for_kazakhstan kazakhstan
1F1F1-1F1E6 - flag_for_laos laos
1F1F1-1F1E7 - flag_for_lebanon lebanon
1F1F1-1F1E8 - st_lucia
1F1F1-1F1EE - flag_for_liechtenstein liechtenstein
1F1F1-1F1F0 - flag_for_sri_lanka sri_lanka
1F1F1-1F1F7 - flag_for_liberia liberia
1F1F1-1F1F8 - flag_for_lesotho lesotho
1F1F1-1F1F9 - flag_for_lithuania lithuania
1F1F1-1F1FA - flag_for_luxembourg luxembourg
1F1F1-1F1FB - flag_for_latvia latvia
1F1F1-1F1FE - flag_for_libya libya
1F1F2-1F1E6 - flag_for_morocco morocco
1F1F2-1F1E8 - flag_for_monaco monaco
1F1F2-1F1E9 - flag_for_moldova moldova
1F1F2-1F1EA - flag_for_montenegro montenegro
1F1F2-1F1EB - st_martin
1F1F2-1F1EC - flag_for_madagascar madagascar
1F1F2-1F1ED - flag_for_marshall_islands marshall_islands
1F1F2-1F1F0 - flag_for_macedonia macedonia north_macedonia
1F1F2-1F1F1 - flag_for_mali mali
1F1F2-1F1F2 - flag_for_myanmar myanmar
1F1F2-1F1F3 - flag_for_mongolia mongolia
1F1F2-1F1F4 - flag_for_macau macau macao_sar_china
1F1F2-1F1F5 - flag_for_northern_mariana_islands northern_mariana_islands
1F1F2-1F1F6 - flag_for_martinique martinique
1F1F2-1F1F7 - flag_for_mauritania mauritania
1F1F2-1F1F8 - flag_for_montserrat montserrat
1F1F2-1F1F9 - flag_for_malta malta
1F1F2-1F1FA - flag_for_mauritius mauritius
1F1F2-1F1FB - flag_for_maldives maldives
1F1F2-1F1FC - flag_for_malawi malawi
1F1F2-1F1FD - flag_for_mexico mexico
1F1F2-1F1FE - flag_for_malaysia malaysia
1F1F2-1F1FF - flag_for_mozambique mozambique
1F1F3-1F1E6 - flag_for_namibia namibia
1F1F3-1F1E8 - flag_for_new_caledonia new_caledonia
1F1F3-1F1EA - flag_for_niger niger
1F1F3-1F1EB - flag_for_norfolk_island norfolk_island
1F1F3-1F1EC - flag_for_nigeria nigeria
1F1F3-1F1EE - flag_for_nicaragua nicaragua
1F1F3-1F1F1 - flag_for_netherlands netherlands
1F1F3-1F1F4 - flag_for_norway norway
1F1F3-1F1F5 - flag_for_nepal nepal
1F1F3-1F1F7 - flag_for_nauru nauru
1F1F3-1F1FA - flag_for_niue niue
1F1F3-1F1FF - flag_for_new_zealand new_zealand
1F1F4-1F1F2 - flag_for_oman oman
1F1F5-1F1E6 - flag_for_panama panama
1F1F5-1F1EA - flag_for_peru peru
1F1F5-1F1EB - flag_for_french_polynesia french_polynesia
1F1F5-1F1EC - flag_for_papua_new_guinea papua_new_guinea
1F1F5-1F1ED - flag_for_philippines philippines
1F1F5-1F1F0 - flag_for_pakistan pakistan
1F1F5-1F1F1 - flag_for_poland poland
1F1F5-1F1F2 - st_pierre_miquelon
1F1F5-1F1F3 - flag_for_pitcairn_islands pitcairn_islands
1F1F5-1F1F7 - flag_for_puerto_rico puerto_rico
1F1F5-1F1F8 - flag_for_palestinian_territories palestinian_territories
1F1F5-1F1F9 - flag_for_portugal portugal
1F1F5-1F1FC - flag_for_palau palau
1F1F5-1F1FE - flag_for_paraguay paraguay
1F1F6-1F1E6 - flag_for_qatar qatar
1F1F7-1F1EA - flag_for_reunion reunion
1F1F7-1F1F4 - flag_for_romania romania
1F1F7-1F1F8 - flag_for_serbia serbia
1F1F7-1F1FA - ru flag_for_russia russia
1F1F7-1F1FC - flag_for_rwanda rwanda
1F1F8-1F1E6 - flag_for_saudi_arabia saudi_arabia
1F1F8-1F1E7 - flag_for_solomon_islands solomon_islands
1F1F8-1F1E8 - flag_for_seychelles seychelles
1F1F8-1F1E9 - flag_for_sudan sudan
1F1F8-1F1EA - flag_for_sweden sweden
1F1F8-1F1EC - flag_for_singapore singapore
1F1F8-1F1ED - st_helena
1F1F8-1F1EE - flag_for_slovenia slovenia
1F1F8-1F1EF - svalbard_jan_mayen
1F1F8-1F1F0 - flag_for_slovakia slovakia
1F1F8-1F1F1 - flag_for_sierra_leone sierra_leone
1F1F8-1F1F2 - flag_for_san_marino san_marino
1F1F8-1F1F3 - flag_for_senegal senegal
1F1F8-1F1F4 - flag_for_somalia somalia
1F1F8-1F1F7 - flag_for_suriname suriname
1F1F8-1F1F8 - flag_for_south_sudan south_sudan
1F1F8-1F1F9 - sao_tome_principe
1F1F8-1F1FB - flag_for_el_salvador el_salvador
1F1F8-1F1FD - flag_for_sint_maarten sint_maarten
1F1F8-1F1FE - flag_for_syria syria
1F1F8-1F1FF - flag_for_swaziland swaziland eswatini
1F1F9-1F1E6 - flag_for_tristan_da_cunha tristan_da_cunha
1F1F9-1F1E8 - turks_caicos_islands
1F1F9-1F1E9 - flag_for_chad chad
1F1F9-1F1EB - flag_for_french_southern_territories french_southern_territories french_southern_and_antarctic_lands
1F1F9-1F1EC - flag_for_togo togo
1F1F9-1F1ED - flag_for_thailand thailand
1F1F9-1F1EF - flag_for_tajikistan tajikistan
1F1F9-1F1F0 - flag_for_tokelau tokelau
1F1F9-1F1F1 - flag_for_timor_leste timor_leste
1F1F9-1F1F2 - flag_for_turkmenistan turkmenistan
1F1F9-1F1F3 - flag_for_tunisia tunisia
1F1F9-1F1F4 - flag_for_tonga tonga
1F1F9-1F1F7 - flag_for_turkey tr turkiye
1F1F9-1F1F9 - trinidad_tobago
1F1F9-1F1FB - flag_for_tuvalu tuvalu
1F1F9-1F1FC - flag_for_taiwan taiwan
1F1F9-1F1FF - flag_for_tanzania tanzania
1F1FA-1F1E6 - flag_for_ukraine ukraine
1F1FA-1F1EC - flag_for_uganda uganda
1F1FA-1F1F2 - us_outlying_islands
1F1FA-1F1F3 - united_nations
1F1FA-1F1F8 - us flag_for_united_states united_states
1F1FA-1F1FE - flag_for_uruguay uruguay
1F1FA-1F1FF - flag_for_uzbekistan uzbekistan
1F1FB-1F1E6 - flag_for_vatican_city vatican_city
1F1FB-1F1E8 - st_vincent_grenadines
1F1FB-1F1EA - flag_for_venezuela venezuela
1F1FB-1F1EC - flag_for_british_virgin_islands british_virgin_islands
1F1FB-1F1EE - us_virgin_islands
1F1FB-1F1F3 - flag_for_vietnam vietnam
1F1FB-1F1FA - flag_for_vanuatu vanuatu
1F1FC-1F1EB - wallis_futuna
1F1FC-1F1F8 - flag_for_samoa samoa
1F1FD-1F1F0 - flag_for_kosovo kosovo
1F1FE-1F1EA - flag_for_yemen yemen
1F1FE-1F1F9 - flag_for_mayotte mayotte
1F1FF-1F1E6 - flag_for_south_africa south_africa
1F1FF-1F1F2 - flag_for_zambia zambia
1F1FF-1F1FC - flag_for_zimbabwe zimbabwe
1F201 - koko japanese_here_button
1F202-FE0F - sa japanese_service_charge_button
1F21A - u7121 japanese_free_of_charge_button
1F22F - u6307 japanese_reserved_button
1F232 - u7981 japanese_prohibited_button
1F233 - u7a7a japanese_vacancy_button
1F234 - u5408 japanese_passing_grade_button
1F235 - u6e80 japanese_no_vacancy_button
1F236 - u6709 japanese_not_free_of_charge_button
1F237-FE0F - u6708 japanese_monthly_amount_button
1F238 - u7533 japanese_application_button
1F239 - u5272 japanese_discount_button
1F23A - u55b6 japanese_open_for_business_button
1F250 - ideograph_advantage japanese_bargain_button
1F251 - accept japanese_acceptable_button
1F300 - cyclone
1F301 - foggy
1F302 - closed_umbrella
1F303 - night_with_stars
1F304 - sunrise_over_mountains
1F305 - sunrise
1F306 - city_sunset cityscape_at_dusk
1F307 - city_sunrise sunset
1F308 - rainbow
1F309 - bridge_at_night
1F30A - ocean water_wave
1F30B - volcano
1F30C - milky_way
1F30D - earth_africa globe_showing_europe_africa
1F30E - earth_americas globe_showing_americas
1F30F - earth_asia globe_showing_asia_australia
1F310 - globe_with_meridians
1F311 - new_moon
1F312 - waxing_crescent_moon
1F313 - first_quarter_moon
1F314 - moon waxing_gibbous_moon
1F315 - full_moon
1F316 - waning_gibbous_moon
1F317 - last_quarter_moon
1F318 - waning_crescent_moon
1F319 - crescent_moon
1F31A - new_moon_with_face new_moon_face
1F31B - first_quarter_moon_with_face first_quarter_moon_face
1F31C - last_quarter_moon_with_face last_quarter_moon_face
1F31D - full_moon_with_face full_moon_face
1F31E - sun_with_face
1F31F - star2 glowing_star
1F320 - stars shooting_star
1F321-FE0F - thermometer
1F324-FE0F - mostly_sunny sun_small_cloud white_sun_with_small_cloud sun_behind_small_cloud
1F325-FE0F - barely_sunny sun_behind_cloud white_sun_behind_cloud sun_behind_large_cloud
1F326-FE0F - partly_sunny_rain sun_behind_rain_cloud white_sun_behind_cloud_with_rain
1F327-FE0F - rain_cloud cloud_with_rain
1F328-FE0F - snow_cloud cloud_with_snow
1F329-FE0F - lightning lightning_cloud cloud_with_lightning
1F32A-FE0F - tornado tornado_cloud cloud_with_tornado
1F32B-FE0F - fog
1F32C-FE0F - wind_blowing_face wind_face
1F32D - hotdog hot_dog
1F32E - taco
1F32F - burrito
1F330 - chestnut
1F331 - seedling
1F332 - evergreen_tree
1F333 - deciduous_tree
1F334 - palm_tree
1F335 - cactus
1F336-FE0F - hot_pepper
1F337 - tulip
1F338 - cherry_blossom
1F339 - rose
1F33A - hibiscus
1F33B - sunflower
1F33C - blossom
1F33D - corn ear_of_corn
1F33E - ear_of_rice sheaf_of_rice
1F33F - herb
1F340 - four_leaf_clover
1F341 - maple_leaf
1F342 - fallen_leaf
1F343 - leaves leaf_fluttering_in_wind
1F344 - mushroom
1F344-200D-1F7EB - brown_mushroom
1F345 - tomato
1F346 - eggplant
1F347 - grapes
1F348 - melon
1F349 - watermelon
1F34A - tangerine orange mandarin
1F34B - lemon
1F34B-200D-1F7E9 - lime
1F34C - banana
1F34D - pineapple
1F34E - apple red_apple
1F34F - green_apple
1F350 - pear
1F351 - peach
1F352 - cherries
1F353 - strawberry
1F354 - hamburger
1F355 - pizza
1F356 - meat_on_bone
1F357 - poultry_leg
1F358 - rice_cracker
1F359 - rice_ball
1F35A - rice cooked_rice
1F35B - curry curry_rice
1F35C - ramen steaming_bowl
1F35D - spaghetti
1F35E - bread
1F35F - fries french_fries
1F360 - sweet_potato roasted_sweet_potato
1F361 - dango
1F362 - oden
1F363 - sushi
1F364 - fried_shrimp
1F365 - fish_cake fish_cake_with_swirl
1F366 - icecream soft_ice_cream
1F367 - shaved_ice
1F368 - ice_cream
1F369 - doughnut
1F36A - cookie
1F36B - chocolate_bar
1F36C - candy
1F36D - lollipop
1F36E - custard
1F36F - honey_pot
1F370 - cake shortcake
1F371 - bento bento_box
1F372 - stew pot_of_food
1F373 - fried_egg cooking
1F374 - fork_and_knife
1F375 - tea teacup_without_handle
1F376 - sake
1F377 - wine_glass
1F378 - cocktail cocktail_glass
1F379 - tropical_drink
1F37A - beer beer_mug
1F37B - beers clinking_beer_mugs
1F37C - baby_bottle
1F37D-FE0F - knife_fork_plate plate_with_cutlery fork_and_knife_with_plate
1F37E - champagne bottle_with_popping_cork
1F37F - popcorn
1F380 - ribbon
1F381 - gift wrapped_gift
1F382 - birthday birthday_cake
1F383 - jack_o_lantern
1F384 - christmas_tree
1F385 0 santa santa_claus
1F386 - fireworks
1F387 - sparkler
1F388 - balloon
1F389 - tada party_popper
1F38A - confetti_ball
1F38B - tanabata_tree
1F38C - crossed_flags
1F38D - bamboo pine_decoration
1F38E - dolls japanese_dolls
1F38F - flags carp_streamer
1F390 - wind_chime
1F391 - rice_scene moon_viewing_ceremony
1F392 - school_satchel backpack
1F393 - mortar_board graduation_cap
1F396-FE0F - medal medal_military military_medal
1F397-FE0F - reminder_ribbon
1F399-FE0F - studio_microphone
1F39A-FE0F - level_slider
1F39B-FE0F - control_knobs
1F39E-FE0F - film_frames film_strip
1F39F-FE0F - admission_tickets tickets
1F3A0 - carousel_horse
1F3A1 - ferris_wheel
1F3A2 - roller_coaster
1F3A3 - fishing_pole_and_fish fishing_pole
1F3A4 - microphone
1F3A5 - movie_camera
1F3A6 - cinema
1F3A7 - headphones headphone
1F3A8 - art artist_palette
1F3A9 - tophat top_hat
1F3AA - circus_tent
1F3AB - ticket
1F3AC - clapper clapper_board
1F3AD - performing_arts
1F3AE - video_game
1F3AF - dart bullseye
1F3B0 - slot_machine
1F3B1 - 8ball pool_8_ball
1F3B2 - game_die
1F3B3 - bowling
1F3B4 - flower_playing_cards
1F3B5 - musical_note
1F3B6 - notes musical_notes
1F3B7 - saxophone
1F3B8 - guitar
1F3B9 - musical_keyboard
1F3BA - trumpet
1F3BB - violin
1F3BC - musical_score
1F3BD - running_shirt_with_sash running_shirt
1F3BE - tennis
1F3BF - ski skis
1F3C0 - basketball
1F3C1 - checkered_flag chequered_flag
1F3C2 0 snowboarder
1F3C3 0 runner running person_running
1F3C3-200D-2640-FE0F 0 woman_running running_woman
1F3C3-200D-2640-FE0F-200D-27A1-FE0F 0 woman_running_facing_right
1F3C3-200D-2642-FE0F 0 man_running running_man
1F3C3-200D-2642-FE0F-200D-27A1-FE0F 0 man_running_facing_right
1F3C3-200D-27A1-FE0F 0 person_running_facing_right
1F3C4 0 surfer person_surfing
1F3C4-200D-2640-FE0F 0 woman_surfing surfing_woman
1F3C4-200D-2642-FE0F 0 man_surfing surfing_man
1F3C5 - sports_medal medal_sports
1F3C6 - trophy
1F3C7 0 horse_racing
1F3C8 - football american_football
1F3C9 - rugby_football
1F3CA 0 swimmer person_swimming
1F3CA-200D-2640-FE0F 0 woman_swimming swimming_woman
1F3CA-200D-2642-FE0F 0 man_swimming swimming_man
1F3CB-FE0F 0 weight_lifter weight_lifting person_lifting_weights
1F3CB-FE0F-200D-2640-FE0F 0 woman_lifting_weights weight_lifting_woman
1F3CB-FE0F-200D-2642-FE0F 0 man_lifting_weights weight_lifting_man
1F3CC-FE0F 0 golfer golfing person_golfing
1F3CC-FE0F-200D-2640-FE0F 0 woman_golfing golfing_woman
1F3CC-FE0F-200D-2642-FE0F 0 man_golfing golfing_man
1F3CD-FE0F - racing_motorcycle motorcycle
1F3CE-FE0F - racing_car
1F3CF - cricket_bat_and_ball cricket_game
1F3D0 - volleyball
1F3D1 - field_hockey_stick_and_ball field_hockey
1F3D2 - ice_hockey_stick_and_puck ice_hockey
1F3D3 - table_tennis_paddle_and_ball ping_pong
1F3D4-FE0F - snow_capped_mountain mountain_snow
1F3D5-FE0F - camping
1F3D6-FE0F - beach_with_umbrella beach_umbrella
1F3D7-FE0F - building_construction
1F3D8-FE0F - house_buildings houses
1F3D9-FE0F - cityscape
1F3DA-FE0F - derelict_house_building derelict_house
1F3DB-FE0F - classical_building
1F3DC-FE0F - desert
1F3DD-FE0F - desert_island
1F3DE-FE0F - national_park
1F3DF-FE0F - stadium
1F3E0 - house
1F3E1 - house_with_garden
1F3E2 - office office_building
1F3E3 - post_office japanese_post_office
1F3E4 - european_post_office
1F3E5 - hospital
1F3E6 - bank
1F3E7 - atm atm_sign
1F3E8 - hotel
1F3E9 - love_hotel
1F3EA - convenience_store
1F3EB - school
1F3EC - department_store
1F3ED - factory
1F3EE - izakaya_lantern lantern red_paper_lantern
1F3EF - japanese_castle
1F3F0 - european_castle castle
1F3F3-FE0F - waving_white_flag white_flag
1F3F3-FE0F-200D-26A7-FE0F - transgender_flag
1F3F3-FE0F-200D-1F308 - rainbow_flag
1F3F4 - waving_black_flag black_flag
1F3F4-200D-2620-FE0F - pirate_flag
1F3F4-E0067-E0062-E0065-E006E-E0067-E007F - flag_england england
1F3F4-E0067-E0062-E0073-E0063-E0074-E007F - flag_scotland scotland
1F3F4-E0067-E0062-E0077-E006C-E0073-E007F - flag_wales wales
1F3F5-FE0F - rosette
1F3F7-FE0F - label
1F3F8 - badminton_racquet_and_shuttlecock badminton
1F3F9 - bow_and_arrow
1F3FA - amphora
1F400 - rat
1F401 - mouse2
1F402 - ox
1F403 - water_buffalo
1F404 - cow2
1F405 - tiger2
1F406 - leopard
1F407 - rabbit2
1F408 - cat2
1F408-200D-2B1B - black_cat
1F409 - dragon
1F40A - crocodile
1F40B - whale2
1F40C - snail
1F40D - snake
1F40E - racehorse
1F40F - ram
1F410 - goat
1F411 - sheep ewe
1F412 - monkey
1F413 - rooster
1F414 - chicken
1F415 - dog2
1F415-200D-1F9BA - service_dog
1F416 - pig2
1F417 - boar
1F418 - elephant
1F419 - octopus
1F41A - shell spiral_shell
1F41B - bug
1F41C - ant
1F41D - bee honeybee
1F41E - ladybug lady_beetle
1F41F - fish
1F420 - tropical_fish
1F421 - blowfish
1F422 - turtle
1F423 - hatching_chick
1F424 - baby_chick
1F425 - hatched_chick front_facing_baby_chick
1F426 - bird
1F426-200D-2B1B - black_bird raven crow rook
1F426-200D-1F525 - phoenix
1F427 - penguin
1F428 - koala
1F429 - poodle
1F42A - dromedary_camel
1F42B - camel two_hump_camel
1F42C - dolphin flipper
1F42D - mouse mouse_face
1F42E - cow cow_face
1F42F - tiger tiger_face
1F430 - rabbit rabbit_face
1F431 - cat cat_face
1F432 - dragon_face
1F433 - whale spouting_whale
1F434 - horse horse_face
1F435 - monkey_face
1F436 - dog dog_face
1F437 - pig pig_face
1F438 - frog
1F439 - hamster
1F43A - wolf
1F43B - bear
1F43B-200D-2744-FE0F - polar_bear
1F43C - panda_face panda
1F43D - pig_nose
1F43E - feet paw_prints
1F43F-FE0F - chipmunk
1F440 - eyes
1F441-FE0F - eye
1F441-FE0F-200D-1F5E8-FE0F - eye_in_speech_bubble eye_speech_bubble
1F442 0 ear
1F443 0 nose
1F444 - lips mouth
1F445 - tongue
1F446 0 point_up_2 backhand_index_pointing_up
1F447 0 point_down backhand_index_pointing_down
1F448 0 point_left backhand_index_pointing_left
1F449 0 point_right backhand_index_pointing_right
1F44A 0 facepunch punch fist_oncoming oncoming_fist
1F44B 0 wave waving_hand
1F44C 0 ok_hand
1F44D 0 +1 thumbsup thumbs_up
1F44E 0 -1 thumbsdown _1 thumbs_down
1F44F 0 clap clapping_hands
1F450 0 open_hands
1F451 - crown
1F452 - womans_hat
1F453 - eyeglasses glasses
1F454 - necktie
1F455 - shirt tshirt t_shirt
1F456 - jeans
1F457 - dress
1F458 - kimono
1F459 - bikini
1F45A - womans_clothes
1F45B - purse
1F45C - handbag
1F45D - pouch clutch_bag
1F45E - mans_shoe shoe
1F45F - athletic_shoe running_shoe
1F460 - high_heel high_heeled_shoe
1F461 - sandal womans_sandal
1F462 - boot womans_boot
1F463 - footprints
1F464 - bust_in_silhouette
1F465 - busts_in_silhouette
1F466 0 boy
1F467 0 girl
1F468 0 man
1F468-200D-2695-FE0F 0 male_doctor man_health_worker
1F468-200D-2696-FE0F 0 male_judge man_judge
1F468-200D-2708-FE0F 0 male_pilot man_pilot
1F468-200D-2764-FE0F-200D-1F468 04 man_heart_man couple_with_heart_man_man
1F468-200D-2764-FE0F-200D-1F48B-200D-1F468 06 man_kiss_man couplekiss_man_man kiss_man_man
1F468-200D-1F33E 0 male_farmer man_farmer
1F468-200D-1F373 0 male_cook man_cook
1F468-200D-1F37C 0 man_feeding_baby
1F468-200D-1F393 0 male_student man_student
1F468-200D-1F3A4 0 male_singer man_singer
1F468-200D-1F3A8 0 male_artist man_artist
1F468-200D-1F3EB 0 male_teacher man_teacher
1F468-200D-1F3ED 0 male_factory_worker man_factory_worker
1F468-200D-1F430-200D-1F468 04!
1F468-200D-1F466 - man_boy family_man_boy
1F468-200D-1F466-200D-1F466 - man_boy_boy family_man_boy_boy
1F468-200D-1F467 - man_girl family_man_girl
1F468-200D-1F467-200D-1F466 - man_girl_boy family_man_girl_boy
1F468-200D-1F467-200D-1F467 - man_girl_girl family_man_girl_girl
1F468-200D-1F468-200D-1F466 - man_man_boy family_man_man_boy
1F468-200D-1F468-200D-1F466-200D-1F466 - man_man_boy_boy family_man_man_boy_boy
1F468-200D-1F468-200D-1F467 - man_man_girl family_man_man_girl
1F468-200D-1F468-200D-1F467-200D-1F466 - man_man_girl_boy family_man_man_girl_boy
1F468-200D-1F468-200D-1F467-200D-1F467 - man_man_girl_girl family_man_man_girl_girl
1F468-200D-1F469-200D-1F466 - man_woman_boy family_man_woman_boy
1F468-200D-1F469-200D-1F466-200D-1F466 - man_woman_boy_boy family_man_woman_boy_boy
1F468-200D-1F469-200D-1F467 - man_woman_girl family_man_woman_girl
1F468-200D-1F469-200D-1F467-200D-1F466 - man_woman_girl_boy family_man_woman_girl_boy
1F468-200D-1F469-200D-1F467-200D-1F467 - man_woman_girl_girl family_man_woman_girl_girl
1F468-200D-1F4BB 0 male_technologist man_technologist
1F468-200D-1F4BC 0 male_office_worker man_office_worker
1F468-200D-1F527 0 male_mechanic man_mechanic
1F468-200D-1F52C 0 male_scientist man_scientist
1F468-200D-1F680 0 male_astronaut man_astronaut
1F468-200D-1F692 0 male_firefighter man_firefighter
1F468-200D-1F91D-200D-1F468 04!
1F468-200D-1F9AF 0 man_with_probing_cane man_with_white_cane
1F468-200D-1F9AF-200D-27A1-FE0F 0 man_with_white_cane_facing_right
1F468-200D-1F9B0 0 red_haired_man man_red_hair
1F468-200D-1F9B1 0 curly_haired_man man_curly_hair
1F468-200D-1F9B2 0 bald_man man_bald
1F468-200D-1F9B3 0 white_haired_man man_white_hair
1F468-200D-1F9BC 0 man_in_motorized_wheelchair
1F468-200D-1F9BC-200D-27A1-FE0F 0 man_in_motorized_wheelchair_facing_right
1F468-200D-1F9BD 0 man_in_manual_wheelchair
1F468-200D-1F9BD-200D-27A1-FE0F 0 man_in_manual_wheelchair_facing_right
1F468-200D-1FAEF-200D-1F468 04!
1F469 0 woman
1F469-200D-2695-FE0F 0 female_doctor woman_health_worker
1F469-200D-2696-FE0F 0 female_judge woman_judge
1F469-200D-2708-FE0F 0 female_pilot woman_pilot
1F469-200D-2764-FE0F-200D-1F468 04 woman_heart_man couple_with_heart_woman_man
1F469-200D-2764-FE0F-200D-1F469 04 woman_heart_woman couple_with_heart_woman_woman
1F469-200D-2764-FE0F-200D-1F48B-200D-1F468 06 woman_kiss_man couplekiss_man_woman kiss_woman_man
1F469-200D-2764-FE0F-200D-1F48B-200D-1F469 06 woman_kiss_woman couplekiss_woman_woman kiss_woman_woman
1F469-200D-1F33E 0 female_farmer woman_farmer
1F469-200D-1F373 0 female_cook woman_cook
1F469-200D-1F37C 0 woman_feeding_baby
1F469-200D-1F393 0 female_student woman_student
1F469-200D-1F3A4 0 female_singer woman_singer
1F469-200D-1F3A8 0 female_artist woman_artist
1F469-200D-1F3EB 0 female_teacher woman_teacher
1F469-200D-1F3ED 0 female_factory_worker woman_factory_worker
1F469-200D-1F430-200D-1F469 04!
1F469-200D-1F466 - woman_boy family_woman_boy
1F469-200D-1F466-200D-1F466 - woman_boy_boy family_woman_boy_boy
1F469-200D-1F467 - woman_girl family_woman_girl
1F469-200D-1F467-200D-1F466 - woman_girl_boy family_woman_girl_boy
1F469-200D-1F467-200D-1F467 - woman_girl_girl family_woman_girl_girl
1F469-200D-1F469-200D-1F466 - woman_woman_boy family_woman_woman_boy
1F469-200D-1F469-200D-1F466-200D-1F466 - woman_woman_boy_boy family_woman_woman_boy_boy
1F469-200D-1F469-200D-1F467 - woman_woman_girl family_woman_woman_girl
1F469-200D-1F469-200D-1F467-200D-1F466 - woman_woman_girl_boy family_woman_woman_girl_boy
1F469-200D-1F469-200D-1F467-200D-1F467 - woman_woman_girl_girl family_woman_woman_girl_girl
1F469-200D-1F4BB 0 female_technologist woman_technologist
1F469-200D-1F4BC 0 female_office_worker woman_office_worker
1F469-200D-1F527 0 female_mechanic woman_mechanic
1F469-200D-1F52C 0 female_scientist woman_scientist
1F469-200D-1F680 0 female_astronaut woman_astronaut
1F469-200D-1F692 0 female_firefighter woman_firefighter
1F469-200D-1F91D-200D-1F468 04!
1F469-200D-1F91D-200D-1F469 04!
1F469-200D-1F9AF 0 woman_with_probing_cane woman_with_white_cane
1F469-200D-1F9AF-200D-27A1-FE0F 0 woman_with_white_cane_facing_right
1F469-200D-1F9B0 0 red_haired_woman woman_red_hair
1F469-200D-1F9B1 0 curly_haired_woman woman_curly_hair
1F469-200D-1F9B2 0 bald_woman woman_bald
1F469-200D-1F9B3 0 white_haired_woman woman_white_hair
1F469-200D-1F9BC 0 woman_in_motorized_wheelchair
1F469-200D-1F9BC-200D-27A1-FE0F 0 woman_in_motorized_wheelchair_facing_right
1F469-200D-1F9BD 0 woman_in_manual_wheelchair
1F469-200D-1F9BD-200D-27A1-FE0F 0 woman_in_manual_wheelchair_facing_right
1F469-200D-1FAEF-200D-1F469 04!
1F46A - family
1F46B 0 man_and_woman_holding_hands woman_and_man_holding_hands couple
1F46C 0 two_men_holding_hands men_holding_hands
1F46D 0 two_women_holding_hands women_holding_hands
1F46E 0 cop police_officer
1F46E-200D-2640-FE0F 0 female_police_officer policewoman woman_police_officer
1F46E-200D-2642-FE0F 0 male_police_officer policeman man_police_officer
1F46F 0 dancers people_with_bunny_ears
1F46F-200D-2640-FE0F 0 women_with_bunny_ears_partying woman_with_bunny_ears_partying dancing_women women_with_bunny_ears
1F46F-200D-2642-FE0F 0 men_with_bunny_ears_partying man_with_bunny_ears_partying dancing_men men_with_bunny_ears
1F470 0 bride_with_veil person_with_veil
1F470-200D-2640-FE0F 0 woman_with_veil
1F470-200D-2642-FE0F 0 man_with_veil
1F471 0 person_with_blond_hair blond_haired_person person_blond_hair
1F471-200D-2640-FE0F 0 blond_haired_woman blonde_woman woman_blond_hair
1F471-200D-2642-FE0F 0 blond_haired_man man_blond_hair
1F472 0 man_with_gua_pi_mao person_with_skullcap
1F473 0 man_with_turban person_with_turban person_wearing_turban
1F473-200D-2640-FE0F 0 woman_wearing_turban woman_with_turban
1F473-200D-2642-FE0F 0 man_wearing_turban
1F474 0 older_man old_man
1F475 0 older_woman old_woman
1F476 0 baby
1F477 0 construction_worker
1F477-200D-2640-FE0F 0 female_construction_worker construction_worker_woman woman_construction_worker
1F477-200D-2642-FE0F 0 male_construction_worker construction_worker_man man_construction_worker
1F478 0 princess
1F479 - japanese_ogre ogre
1F47A - japanese_goblin goblin
1F47B - ghost
1F47C 0 angel baby_angel
1F47D - alien
1F47E - space_invader alien_monster
1F47F - imp angry_face_with_horns
1F480 - skull
1F481 0 information_desk_person tipping_hand_person person_tipping_hand
1F481-200D-2640-FE0F 0 woman_tipping_hand sassy_woman tipping_hand_woman
1F481-200D-2642-FE0F 0 man_tipping_hand sassy_man tipping_hand_man
1F482 0 guardsman guard
1F482-200D-2640-FE0F 0 female_guard guardswoman woman_guard
1F482-200D-2642-FE0F 0 male_guard man_guard
1F483 0 dancer woman_dancing
1F484 - lipstick
1F485 0 nail_care nail_polish
1F486 0 massage person_getting_massage
1F486-200D-2640-FE0F 0 woman_getting_massage massage_woman
1F486-200D-2642-FE0F 0 man_getting_massage massage_man
1F487 0 haircut person_getting_haircut
1F487-200D-2640-FE0F 0 woman_getting_haircut haircut_woman
1F487-200D-2642-FE0F 0 man_getting_haircut haircut_man
1F488 - barber barber_pole
1F489 - syringe
1F48A - pill
1F48B - kiss kiss_mark
1F48C - love_letter
1F48D - ring
1F48E - gem gem_stone
1F48F 0 couplekiss
1F490 - bouquet
1F491 0 couple_with_heart
1F492 - wedding
1F493 - heartbeat beating_heart
1F494 - broken_heart
1F495 - two_hearts
1F496 - sparkling_heart
1F497 - heartpulse growing_heart
1F498 - cupid heart_with_arrow
1F499 - blue_heart
1F49A - green_heart
1F49B - yellow_heart
1F49C - purple_heart
1F49D - gift_heart heart_with_ribbon
1F49E - revolving_hearts
1F49F - heart_decoration
1F4A0 - diamond_shape_with_a_dot_inside diamond_with_a_dot
1F4A1 - bulb light_bulb
1F4A2 - anger anger_symbol
1F4A3 - bomb
1F4A4 - zzz
1F4A5 - boom collision
1F4A6 - sweat_drops sweat_droplets
1F4A7 - droplet
1F4A8 - dash dashing_away
1F4A9 - hankey poop shit pile_of_poo
1F4AA 0 muscle flexed_biceps
1F4AB - dizzy
1F4AC - speech_balloon
1F4AD - thought_balloon
1F4AE - white_flower
1F4AF - 100 hundred_points
1F4B0 - moneybag money_bag
1F4B1 - currency_exchange
1F4B2 - heavy_dollar_sign
1F4B3 - credit_card
1F4B4 - yen yen_banknote
1F4B5 - dollar dollar_banknote
1F4B6 - euro euro_banknote
1F4B7 - pound pound_banknote
1F4B8 - money_with_wings
1F4B9 - chart chart_increasing_with_yen
1F4BA - seat
1F4BB - computer laptop
1F4BC - briefcase
1F4BD - minidisc computer_disk
1F4BE - floppy_disk
1F4BF - cd optical_disk
1F4C0 - dvd
1F4C1 - file_folder
1F4C2 - open_file_folder
1F4C3 - page_with_curl
1F4C4 - page_facing_up
1F4C5 - date
1F4C6 - calendar tear_off_calendar
1F4C7 - card_index
1F4C8 - chart_with_upwards_trend chart_increasing
1F4C9 - chart_with_downwards_trend chart_decreasing
1F4CA - bar_chart
1F4CB - clipboard
1F4CC - pushpin
1F4CD - round_pushpin
1F4CE - paperclip
1F4CF - straight_ruler
1F4D0 - triangular_ruler
1F4D1 - bookmark_tabs
1F4D2 - ledger
1F4D3 - notebook
1F4D4 - notebook_with_decorative_cover
1F4D5 - closed_book
1F4D6 - book open_book
1F4D7 - green_book
1F4D8 - blue_book
1F4D9 - orange_book
1F4DA - books
1F4DB - name_badge
1F4DC - scroll
1F4DD - memo pencil
1F4DE - telephone_receiver
1F4DF - pager
1F4E0 - fax fax_machine
1F4E1 - satellite_antenna
1F4E2 - loudspeaker
1F4E3 - mega megaphone
1F4E4 - outbox_tray
1F4E5 - inbox_tray
1F4E6 - package
1F4E7 - e_mail
1F4E8 - incoming_envelope
1F4E9 - envelope_with_arrow
1F4EA - mailbox_closed closed_mailbox_with_lowered_flag
1F4EB - mailbox closed_mailbox_with_raised_flag
1F4EC - mailbox_with_mail open_mailbox_with_raised_flag
1F4ED - mailbox_with_no_mail open_mailbox_with_lowered_flag
1F4EE - postbox
1F4EF - postal_horn
1F4F0 - newspaper
1F4F1 - iphone mobile_phone
1F4F2 - calling mobile_phone_with_arrow
1F4F3 - vibration_mode
1F4F4 - mobile_phone_off
1F4F5 - no_mobile_phones
1F4F6 - signal_strength antenna_bars
1F4F7 - camera
1F4F8 - camera_with_flash camera_flash
1F4F9 - video_camera
1F4FA - tv television
1F4FB - radio
1F4FC - vhs videocassette
1F4FD-FE0F - film_projector
1F4FF - prayer_beads
1F500 - twisted_rightwards_arrows shuffle_tracks_button
1F501 - repeat repeat_button
1F502 - repeat_one repeat_single_button
1F503 - arrows_clockwise clockwise_vertical_arrows
1F504 - arrows_counterclockwise counterclockwise_arrows_button
1F505 - low_brightness dim_button
1F506 - high_brightness bright_button
1F507 - mute muted_speaker
1F508 - speaker speaker_low_volume
1F509 - sound speaker_medium_volume
1F50A - loud_sound speaker_high_volume
1F50B - battery
1F50C - electric_plug
1F50D - mag magnifying_glass_tilted_left
1F50E - mag_right magnifying_glass_tilted_right
1F50F - lock_with_ink_pen locked_with_pen
1F510 - closed_lock_with_key locked_with_key
1F511 - key
1F512 - lock locked
1F513 - unlock unlocked
1F514 - bell
1F515 - no_bell bell_with_slash
1F516 - bookmark
1F517 - link
1F518 - radio_button
1F519 - back back_arrow
1F51A - end end_arrow
1F51B - on on_arrow
1F51C - soon soon_arrow
1F51D - top top_arrow
1F51E - underage no_one_under_eighteen
1F51F - keycap_ten ten keycap_10
1F520 - capital_abcd input_latin_uppercase
1F521 - abcd input_latin_lowercase
1F522 - 1234 input_numbers
1F523 - symbols input_symbols
1F524 - abc input_latin_letters
1F525 - fire
1F526 - flashlight
1F527 - wrench
1F528 - hammer
1F529 - nut_and_bolt
1F52A - hocho knife kitchen_knife
1F52B - gun water_pistol
1F52C - microscope
1F52D - telescope
1F52E - crystal_ball
1F52F - six_pointed_star dotted_six_pointed_star
1F530 - beginner japanese_symbol_for_beginner
1F531 - trident trident_emblem
1F532 - black_square_button
1F533 - white_square_button
1F534 - red_circle
1F535 - large_blue_circle blue_circle
1F536 - large_orange_diamond
1F537 - large_blue_diamond
1F538 - small_orange_diamond
1F539 - small_blue_diamond
1F53A - small_red_triangle red_triangle_pointed_up
1F53B - small_red_triangle_down red_triangle_pointed_down
1F53C - arrow_up_small upwards_button
1F53D - arrow_down_small downwards_button
1F549-FE0F - om_symbol om
1F54A-FE0F - dove_of_peace dove
1F54B - kaaba
1F54C - mosque
1F54D - synagogue
1F54E - menorah_with_nine_branches menorah
1F550 - clock1 one_oclock
1F551 - clock2 two_oclock
1F552 - clock3 three_oclock
1F553 - clock4 four_oclock
1F554 - clock5 five_oclock
1F555 - clock6 six_oclock
1F556 - clock7 seven_oclock
1F557 - clock8 eight_oclock
1F558 - clock9 nine_oclock
1F559 - clock10 ten_oclock
1F55A - clock11 eleven_oclock
1F55B - clock12 twelve_oclock
1F55C - clock130 one_thirty
1F55D - clock230 two_thirty
1F55E - clock330 three_thirty
1F55F - clock430 four_thirty
1F560 - clock530 five_thirty
1F561 - clock630 six_thirty
1F562 - clock730 seven_thirty
1F563 - clock830 eight_thirty
1F564 - clock930 nine_thirty
1F565 - clock1030 ten_thirty
1F566 - clock1130 eleven_thirty
1F567 - clock1230 twelve_thirty
1F56F-FE0F - candle
1F570-FE0F - mantelpiece_clock
1F573-FE0F - hole
1F574-FE0F 0 man_in_business_suit_levitating business_suit_levitating person_in_suit_levitating
1F575-FE0F 0 sleuth_or_spy detective
1F575-FE0F-200D-2640-FE0F 0 female_detective woman_detective
1F575-FE0F-200D-2642-FE0F 0 male_detective man_detective
1F576-FE0F - dark_sunglasses
1F577-FE0F - spider
1F578-FE0F - spider_web
1F579-FE0F - joystick
1F57A 0 man_dancing
1F587-FE0F - linked_paperclips paperclips
1F58A-FE0F - lower_left_ballpoint_pen pen
1F58B-FE0F - lower_left_fountain_pen fountain_pen
1F58C-FE0F - lower_left_paintbrush paintbrush
1F58D-FE0F - lower_left_crayon crayon
1F590-FE0F 0 raised_hand_with_fingers_splayed hand_with_fingers_splayed
1F595 0 middle_finger reversed_hand_with_middle_finger_extended fu
1F596 0 spock_hand raised_hand_with_part_between_middle_and_ring_fingers vulcan_salute
1F5A4 - black_heart
1F5A5-FE0F - desktop_computer
1F5A8-FE0F - printer
1F5B1-FE0F - three_button_mouse computer_mouse
1F5B2-FE0F - trackball
1F5BC-FE0F - frame_with_picture framed_picture
1F5C2-FE0F - card_index_dividers
1F5C3-FE0F - card_file_box
1F5C4-FE0F - file_cabinet
1F5D1-FE0F - wastebasket
1F5D2-FE0F - spiral_note_pad spiral_notepad
1F5D3-FE0F - spiral_calendar_pad spiral_calendar
1F5DC-FE0F - compression clamp
1F5DD-FE0F - old_key
1F5DE-FE0F - rolled_up_newspaper newspaper_roll
1F5E1-FE0F - dagger_knife dagger
1F5E3-FE0F - speaking_head_in_silhouette speaking_head
1F5E8-FE0F - left_speech_bubble
1F5EF-FE0F - right_anger_bubble
1F5F3-FE0F - ballot_box_with_ballot ballot_box
1F5FA-FE0F - world_map
1F5FB - mount_fuji
1F5FC - tokyo_tower
1F5FD - statue_of_liberty
1F5FE - japan map_of_japan
1F5FF - moyai moai
1F600 - grinning grinning_face
1F601 - grin beaming_face_with_smiling_eyes
1F602 - joy face_with_tears_of_joy
1F603 - smiley grinning_face_with_big_eyes
1F604 - smile grinning_face_with_smiling_eyes
1F605 - sweat_smile grinning_face_with_sweat
1F606 - laughing satisfied grinning_squinting_face
1F607 - innocent smiling_face_with_halo
1F608 - smiling_imp smiling_face_with_horns
1F609 - wink winking_face
1F60A - blush smiling_face_with_smiling_eyes
1F60B - yum face_savoring_food
1F60C - relieved relieved_face
1F60D - heart_eyes smiling_face_with_heart_eyes
1F60E - sunglasses smiling_face_with_sunglasses
1F60F - smirk smirking_face
1F610 - neutral_face
1F611 - expressionless expressionless_face
1F612 - unamused unamused_face
1F613 - sweat downcast_face_with_sweat
1F614 - pensive pensive_face
1F615 - confused confused_face
1F616 - confounded confounded_face
1F617 - kissing kissing_face
1F618 - kissing_heart face_blowing_a_kiss
1F619 - kissing_smiling_eyes kissing_face_with_smiling_eyes
1F61A - kissing_closed_eyes kissing_face_with_closed_eyes
1F61B - stuck_out_tongue face_with_tongue
1F61C - stuck_out_tongue_winking_eye winking_face_with_tongue
1F61D - stuck_out_tongue_closed_eyes squinting_face_with_tongue
1F61E - disappointed disappointed_face
1F61F - worried worried_face
1F620 - angry angry_face
1F621 - rage pout enraged_face
1F622 - cry crying_face
1F623 - persevere persevering_face
1F624 - triumph face_with_steam_from_nose
1F625 - disappointed_relieved sad_but_relieved_face
1F626 - frowning frowning_face_with_open_mouth
1F627 - anguished anguished_face
1F628 - fearful fearful_face
1F629 - weary weary_face
1F62A - sleepy sleepy_face
1F62B - tired_face
1F62C - grimacing grimacing_face
1F62D - sob loudly_crying_face
1F62E - open_mouth face_with_open_mouth
1F62E-200D-1F4A8 - face_exhaling
1F62F - hushed hushed_face
1F630 - cold_sweat anxious_face_with_sweat
1F631 - scream face_screaming_in_fear
1F632 - astonished astonished_face
1F633 - flushed flushed_face
1F634 - sleeping sleeping_face
1F635 - dizzy_face face_with_crossed_out_eyes knocked_out_face
1F635-200D-1F4AB - face_with_spiral_eyes
1F636 - no_mouth face_without_mouth
1F636-200D-1F32B-FE0F - face_in_clouds
1F637 - mask face_with_medical_mask
1F638 - smile_cat grinning_cat_with_smiling_eyes
1F639 - joy_cat cat_with_tears_of_joy
1F63A - smiley_cat grinning_cat
1F63B - heart_eyes_cat smiling_cat_with_heart_eyes
1F63C - smirk_cat cat_with_wry_smile
1F63D - kissing_cat
1F63E - pouting_cat
1F63F - crying_cat_face crying_cat
1F640 - scream_cat weary_cat
1F641 - slightly_frowning_face
1F642 - slightly_smiling_face
1F642-200D-2194-FE0F - head_shaking_horizontally
1F642-200D-2195-FE0F - head_shaking_vertically
1F643 - upside_down_face
1F644 - face_with_rolling_eyes roll_eyes
1F645 0 no_good person_gesturing_no
1F645-200D-2640-FE0F 0 woman_gesturing_no ng_woman no_good_woman
1F645-200D-2642-FE0F 0 man_gesturing_no no_good_man ng_man
1F646 0 ok_woman ok_person person_gesturing_ok
1F646-200D-2640-FE0F 0 woman_gesturing_ok
1F646-200D-2642-FE0F 0 man_gesturing_ok ok_man
1F647 0 bow person_bowing
1F647-200D-2640-FE0F 0 woman_bowing bowing_woman
1F647-200D-2642-FE0F 0 man_bowing bowing_man
1F648 - see_no_evil see_no_evil_monkey
1F649 - hear_no_evil hear_no_evil_monkey
1F64A - speak_no_evil speak_no_evil_monkey
1F64B 0 raising_hand person_raising_hand
1F64B-200D-2640-FE0F 0 woman_raising_hand raising_hand_woman
1F64B-200D-2642-FE0F 0 man_raising_hand raising_hand_man
1F64C 0 raised_hands raising_hands
1F64D 0 person_frowning frowning_person
1F64D-200D-2640-FE0F 0 woman_frowning frowning_woman
1F64D-200D-2642-FE0F 0 man_frowning frowning_man
1F64E 0 person_with_pouting_face pouting_face person_pouting
1F64E-200D-2640-FE0F 0 woman_pouting pouting_woman
1F64E-200D-2642-FE0F 0 man_pouting pouting_man
1F64F 0 pray folded_hands
1F680 - rocket
1F681 - helicopter
1F682 - steam_locomotive locomotive
1F683 - railway_car
1F684 - bullettrain_side high_speed_train
1F685 - bullettrain_front bullet_train
1F686 - train2
1F687 - metro
1F688 - light_rail
1F689 - station
1F68A - tram
1F68B - train tram_car
1F68C - bus
1F68D - oncoming_bus
1F68E - trolleybus
1F68F - busstop bus_stop
1F690 - minibus
1F691 - ambulance
1F692 - fire_engine
1F693 - police_car
1F694 - oncoming_police_car
1F695 - taxi
1F696 - oncoming_taxi
1F697 - car red_car automobile
1F698 - oncoming_automobile
1F699 - blue_car sport_utility_vehicle
1F69A - truck delivery_truck
1F69B - articulated_lorry
1F69C - tractor
1F69D - monorail
1F69E - mountain_railway
1F69F - suspension_railway
1F6A0 - mountain_cableway
1F6A1 - aerial_tramway
1F6A2 - ship
1F6A3 0 rowboat person_rowing_boat
1F6A3-200D-2640-FE0F 0 woman_rowing_boat rowing_woman
1F6A3-200D-2642-FE0F 0 man_rowing_boat rowing_man
1F6A4 - speedboat
1F6A5 - traffic_light horizontal_traffic_light
1F6A6 - vertical_traffic_light
1F6A7 - construction
1F6A8 - rotating_light police_car_light
1F6A9 - triangular_flag_on_post triangular_flag
1F6AA - door
1F6AB - no_entry_sign prohibited
1F6AC - smoking cigarette
1F6AD - no_smoking
1F6AE - put_litter_in_its_place litter_in_bin_sign
1F6AF - do_not_litter no_littering
1F6B0 - potable_water
1F6B1 - non_potable_water
1F6B2 - bike bicycle
1F6B3 - no_bicycles
1F6B4 0 bicyclist person_biking
1F6B4-200D-2640-FE0F 0 woman_biking biking_woman
1F6B4-200D-2642-FE0F 0 man_biking biking_man
1F6B5 0 mountain_bicyclist person_mountain_biking
1F6B5-200D-2640-FE0F 0 woman_mountain_biking mountain_biking_woman
1F6B5-200D-2642-FE0F 0 man_mountain_biking mountain_biking_man
1F6B6 0 walking person_walking
1F6B6-200D-2640-FE0F 0 woman_walking walking_woman
1F6B6-200D-2640-FE0F-200D-27A1-FE0F 0 woman_walking_facing_right
1F6B6-200D-2642-FE0F 0 man_walking walking_man
1F6B6-200D-2642-FE0F-200D-27A1-FE0F 0 man_walking_facing_right
1F6B6-200D-27A1-FE0F 0 person_walking_facing_right
1F6B7 - no_pedestrians
1F6B8 - children_crossing
1F6B9 - mens mens_room
1F6BA - womens womens_room
1F6BB - restroom
1F6BC - baby_symbol
1F6BD - toilet
1F6BE - wc water_closet
1F6BF - shower
1F6C0 0 bath person_taking_bath
1F6C1 - bathtub
1F6C2 - passport_control
1F6C3 - customs
1F6C4 - baggage_claim
1F6C5 - left_luggage
1F6CB-FE0F - couch_and_lamp
1F6CC 0 sleeping_accommodation sleeping_bed person_in_bed
1F6CD-FE0F - shopping_bags shopping
1F6CE-FE0F - bellhop_bell
1F6CF-FE0F - bed
1F6D0 - place_of_worship
1F6D1 - octagonal_sign stop_sign
1F6D2 - shopping_trolley shopping_cart
1F6D5 - hindu_temple
1F6D6 - hut
1F6D7 - elevator
1F6D8 - landslide
1F6D9 - lighthouse
1F6DC - wireless
1F6DD - playground_slide
1F6DE - wheel
1F6DF - ring_buoy
1F6E0-FE0F - hammer_and_wrench
1F6E1-FE0F - shield
1F6E2-FE0F - oil_drum
1F6E3-FE0F - motorway
1F6E4-FE0F - railway_track
1F6E5-FE0F - motor_boat
1F6E9-FE0F - small_airplane
1F6EB - airplane_departure flight_departure
1F6EC - airplane_arriving flight_arrival airplane_arrival
1F6F0-FE0F - satellite artificial_satellite
1F6F3-FE0F - passenger_ship
1F6F4 - scooter kick_scooter
1F6F5 - motor_scooter
1F6F6 - canoe
1F6F7 - sled
1F6F8 - flying_saucer
1F6F9 - skateboard
1F6FA - auto_rickshaw
1F6FB - pickup_truck
1F6FC - roller_skate
1F7E0 - large_orange_circle orange_circle
1F7E1 - large_yellow_circle yellow_circle
1F7E2 - large_green_circle green_circle
1F7E3 - large_purple_circle purple_circle
1F7E4 - large_brown_circle brown_circle
1F7E5 - large_red_square red_square
1F7E6 - large_blue_square blue_square
1F7E7 - large_orange_square orange_square
1F7E8 - large_yellow_square yellow_square
1F7E9 - large_green_square green_square
1F7EA - large_purple_square purple_square
1F7EB - large_brown_square brown_square
1F7F0 - heavy_equals_sign
1F90C 0 pinched_fingers
1F90D - white_heart
1F90E - brown_heart
1F90F 0 pinching_hand
1F910 - zipper_mouth_face
1F911 - money_mouth_face
1F912 - face_with_thermometer
1F913 - nerd_face
1F914 - thinking_face thinking
1F915 - face_with_head_bandage
1F916 - robot_face robot
1F917 - hugging_face hugs smiling_face_with_open_hands
1F918 0 the_horns sign_of_the_horns metal
1F919 0 call_me_hand
1F91A 0 raised_back_of_hand
1F91B 0 left_facing_fist fist_left
1F91C 0 right_facing_fist fist_right
1F91D 0 handshake
1F91E 0 crossed_fingers hand_with_index_and_middle_fingers_crossed
1F91F 0 i_love_you_hand_sign love_you_gesture
1F920 - face_with_cowboy_hat cowboy_hat_face
1F921 - clown_face
1F922 - nauseated_face
1F923 - rolling_on_the_floor_laughing rofl
1F924 - drooling_face
1F925 - lying_face
1F926 0 face_palm facepalm person_facepalming
1F926-200D-2640-FE0F 0 woman_facepalming
1F926-200D-2642-FE0F 0 man_facepalming
1F927 - sneezing_face
1F928 - face_with_raised_eyebrow face_with_one_eyebrow_raised raised_eyebrow
1F929 - star_struck grinning_face_with_star_eyes
1F92A - zany_face grinning_face_with_one_large_and_one_small_eye
1F92B - shushing_face face_with_finger_covering_closed_lips
1F92C - face_with_symbols_on_mouth serious_face_with_symbols_covering_mouth cursing_face
1F92D - face_with_hand_over_mouth smiling_face_with_smiling_eyes_and_hand_covering_mouth hand_over_mouth
1F92E - face_vomiting face_with_open_mouth_vomiting vomiting_face
1F92F - exploding_head shocked_face_with_exploding_head
1F930 0 pregnant_woman
1F931 0 breast_feeding
1F932 0 palms_up_together
1F933 0 selfie
1F934 0 prince
1F935 0 person_in_tuxedo
1F935-200D-2640-FE0F 0 woman_in_tuxedo
1F935-200D-2642-FE0F 0 man_in_tuxedo
1F936 0 mrs_claus mother_christmas
1F937 0 shrug person_shrugging
1F937-200D-2640-FE0F 0 woman_shrugging
1F937-200D-2642-FE0F 0 man_shrugging
1F938 0 person_doing_cartwheel cartwheeling person_cartwheeling
1F938-200D-2640-FE0F 0 woman_cartwheeling
1F938-200D-2642-FE0F 0 man_cartwheeling
1F939 0 juggling juggling_person person_juggling
1F939-200D-2640-FE0F 0 woman_juggling
1F939-200D-2642-FE0F 0 man_juggling
1F93A - fencer person_fencing
1F93C 0 wrestlers wrestling people_wrestling
1F93C-200D-2640-FE0F 0 woman_wrestling women_wrestling
1F93C-200D-2642-FE0F 0 man_wrestling men_wrestling
1F93D 0 water_polo person_playing_water_polo
1F93D-200D-2640-FE0F 0 woman_playing_water_polo
1F93D-200D-2642-FE0F 0 man_playing_water_polo
1F93E 0 handball handball_person person_playing_handball
1F93E-200D-2640-FE0F 0 woman_playing_handball
1F93E-200D-2642-FE0F 0 man_playing_handball
1F93F - diving_mask
1F940 - wilted_flower
1F941 - drum_with_drumsticks drum
1F942 - clinking_glasses
1F943 - tumbler_glass
1F944 - spoon
1F945 - goal_net
1F947 - first_place_medal 1st_place_medal
1F948 - second_place_medal 2nd_place_medal
1F949 - third_place_medal 3rd_place_medal
1F94A - boxing_glove
1F94B - martial_arts_uniform
1F94C - curling_stone
1F94D - lacrosse
1F94E - softball
1F94F - flying_disc
1F950 - croissant
1F951 - avocado
1F952 - cucumber
1F953 - bacon
1F954 - potato
1F955 - carrot
1F956 - baguette_bread
1F957 - green_salad
1F958 - shallow_pan_of_food
1F959 - stuffed_flatbread
1F95A - egg egg2
1F95B - glass_of_milk milk_glass
1F95C - peanuts
1F95D - kiwifruit kiwi_fruit
1F95E - pancakes
1F95F - dumpling
1F960 - fortune_cookie
1F961 - takeout_box
1F962 - chopsticks
1F963 - bowl_with_spoon
1F964 - cup_with_straw
1F965 - coconut
1F966 - broccoli
1F967 - pie
1F968 - pretzel
1F969 - cut_of_meat
1F96A - sandwich
1F96B - canned_food
1F96C - leafy_green
1F96D - mango
1F96E - moon_cake
1F96F - bagel
1F970 - smiling_face_with_3_hearts smiling_face_with_three_hearts smiling_face_with_hearts
1F971 - yawning_face
1F972 - smiling_face_with_tear
1F973 - partying_face
1F974 - woozy_face
1F975 - hot_face
1F976 - cold_face
1F977 0 ninja
1F978 - disguised_face
1F979 - face_holding_back_tears
1F97A - pleading_face
1F97B - sari
1F97C - lab_coat
1F97D - goggles
1F97E - hiking_boot
1F97F - womans_flat_shoe flat_shoe
1F980 - crab
1F981 - lion_face lion
1F982 - scorpion
1F983 - turkey
1F984 - unicorn_face unicorn
1F985 - eagle
1F986 - duck
1F987 - bat
1F988 - shark
1F989 - owl
1F98A - fox_face fox
1F98B - butterfly
1F98C - deer
1F98D - gorilla harambe
1F98E - lizard
1F98F - rhinoceros
1F990 - shrimp
1F991 - squid
1F992 - giraffe_face giraffe
1F993 - zebra_face zebra
1F994 - hedgehog
1F995 - sauropod
1F996 - t_rex
1F997 - cricket
1F998 - kangaroo
1F999 - llama
1F99A - peacock
1F99B - hippopotamus
1F99C - parrot
1F99D - raccoon
1F99E - lobster
1F99F - mosquito
1F9A0 - microbe
1F9A1 - badger
1F9A2 - swan
1F9A3 - mammoth
1F9A4 - dodo
1F9A5 - sloth
1F9A6 - otter
1F9A7 - orangutan
1F9A8 - skunk
1F9A9 - flamingo
1F9AA - oyster
1F9AB - beaver
1F9AC - bison
1F9AD - seal
1F9AE - guide_dog
1F9AF - probing_cane white_cane
1F9B4 - bone
1F9B5 0 leg
1F9B6 0 foot
1F9B7 - tooth
1F9B8 0 superhero
1F9B8-200D-2640-FE0F 0 female_superhero superhero_woman woman_superhero
1F9B8-200D-2642-FE0F 0 male_superhero superhero_man man_superhero
1F9B9 0 supervillain
1F9B9-200D-2640-FE0F 0 female_supervillain supervillain_woman woman_supervillain
1F9B9-200D-2642-FE0F 0 male_supervillain supervillain_man man_supervillain
1F9BA - safety_vest
1F9BB 0 ear_with_hearing_aid
1F9BC - motorized_wheelchair
1F9BD - manual_wheelchair
1F9BE - mechanical_arm
1F9BF - mechanical_leg
1F9C0 - cheese_wedge cheese
1F9C1 - cupcake
1F9C2 - salt
1F9C3 - beverage_box
1F9C4 - garlic
1F9C5 - onion
1F9C6 - falafel
1F9C7 - waffle
1F9C8 - butter
1F9C9 - mate_drink mate
1F9CA - ice_cube ice
1F9CB - bubble_tea
1F9CC - troll
1F9CD 0 standing_person person_standing
1F9CD-200D-2640-FE0F 0 woman_standing standing_woman
1F9CD-200D-2642-FE0F 0 man_standing standing_man
1F9CE 0 kneeling_person person_kneeling
1F9CE-200D-2640-FE0F 0 woman_kneeling kneeling_woman
1F9CE-200D-2640-FE0F-200D-27A1-FE0F 0 woman_kneeling_facing_right
1F9CE-200D-2642-FE0F 0 man_kneeling kneeling_man
1F9CE-200D-2642-FE0F-200D-27A1-FE0F 0 man_kneeling_facing_right
1F9CE-200D-27A1-FE0F 0 person_kneeling_facing_right
1F9CF 0 deaf_person
1F9CF-200D-2640-FE0F 0 deaf_woman
1F9CF-200D-2642-FE0F 0 deaf_man
1F9D0 - face_with_monocle monocle_face
1F9D1 0 adult person
1F9D1-200D-2695-FE0F 0 health_worker
1F9D1-200D-2696-FE0F 0 judge
1F9D1-200D-2708-FE0F 0 pilot
1F9D1-200D-2764-FE0F-200D-1F48B-200D-1F9D1 06!
1F9D1-200D-2764-FE0F-200D-1F9D1 04!
1F9D1-200D-1F33E 0 farmer
1F9D1-200D-1F373 0 cook
1F9D1-200D-1F37C 0 person_feeding_baby
1F9D1-200D-1F384 0 mx_claus
1F9D1-200D-1F393 0 student
1F9D1-200D-1F3A4 0 singer
1F9D1-200D-1F3A8 0 artist
1F9D1-200D-1F3EB 0 teacher
1F9D1-200D-1F3ED 0 factory_worker
1F9D1-200D-1F430-200D-1F9D1 04!
1F9D1-200D-1F4BB 0 technologist
1F9D1-200D-1F4BC 0 office_worker
1F9D1-200D-1F527 0 mechanic
1F9D1-200D-1F52C 0 scientist
1F9D1-200D-1F680 0 astronaut
1F9D1-200D-1F692 0 firefighter
1F9D1-200D-1F91D-200D-1F9D1 04 people_holding_hands
1F9D1-200D-1F9AF 0 person_with_probing_cane person_with_white_cane
1F9D1-200D-1F9AF-200D-27A1-FE0F 0 person_with_white_cane_facing_right
1F9D1-200D-1F9B0 0 red_haired_person person_red_hair
1F9D1-200D-1F9B1 0 curly_haired_person person_curly_hair
1F9D1-200D-1F9B2 0 bald_person person_bald
1F9D1-200D-1F9B3 0 white_haired_person person_white_hair
1F9D1-200D-1F9BC 0 person_in_motorized_wheelchair
1F9D1-200D-1F9BC-200D-27A1-FE0F 0 person_in_motorized_wheelchair_facing_right
1F9D1-200D-1F9BD 0 person_in_manual_wheelchair
1F9D1-200D-1F9BD-200D-27A1-FE0F 0 person_in_manual_wheelchair_facing_right
1F9D1-200D-1F9D1-200D-1F9D2 - family_adult_adult_child
1F9D1-200D-1F9D1-200D-1F9D2-200D-1F9D2 - family_adult_adult_child_child
1F9D1-200D-1F9D2 - family_adult_child
1F9D1-200D-1F9D2-200D-1F9D2 - family_adult_child_child
1F9D1-200D-1FA70 0 ballet_dancer
1F9D1-200D-1FAEF-200D-1F9D1 04!
1F9D2 0 child
1F9D3 0 older_adult older_person
1F9D4 0 bearded_person person_beard
1F9D4-200D-2640-FE0F 0 woman_with_beard woman_beard
1F9D4-200D-2642-FE0F 0 man_with_beard man_beard
1F9D5 0 person_with_headscarf woman_with_headscarf
1F9D6 0 person_in_steamy_room sauna_person
1F9D6-200D-2640-FE0F 0 woman_in_steamy_room sauna_woman
1F9D6-200D-2642-FE0F 0 man_in_steamy_room sauna_man
1F9D7 0 person_climbing climbing
1F9D7-200D-2640-FE0F 0 woman_climbing climbing_woman
1F9D7-200D-2642-FE0F 0 man_climbing climbing_man
1F9D8 0 person_in_lotus_position lotus_position
1F9D8-200D-2640-FE0F 0 woman_in_lotus_position lotus_position_woman
1F9D8-200D-2642-FE0F 0 man_in_lotus_position lotus_position_man
1F9D9 0 mage
1F9D9-200D-2640-FE0F 0 female_mage mage_woman woman_mage
1F9D9-200D-2642-FE0F 0 male_mage mage_man man_mage
1F9DA 0 fairy
1F9DA-200D-2640-FE0F 0 female_fairy fairy_woman woman_fairy
1F9DA-200D-2642-FE0F 0 male_fairy fairy_man man_fairy
1F9DB 0 vampire
1F9DB-200D-2640-FE0F 0 female_vampire vampire_woman woman_vampire
1F9DB-200D-2642-FE0F 0 male_vampire vampire_man man_vampire
1F9DC 0 merperson
1F9DC-200D-2640-FE0F 0 mermaid
1F9DC-200D-2642-FE0F 0 merman
1F9DD 0 elf
1F9DD-200D-2640-FE0F 0 female_elf elf_woman woman_elf
1F9DD-200D-2642-FE0F 0 male_elf elf_man man_elf
1F9DE - genie
1F9DE-200D-2640-FE0F - female_genie genie_woman woman_genie
1F9DE-200D-2642-FE0F - male_genie genie_man man_genie
1F9DF - zombie
1F9DF-200D-2640-FE0F - female_zombie zombie_woman woman_zombie
1F9DF-200D-2642-FE0F - male_zombie zombie_man man_zombie
1F9E0 - brain
1F9E1 - orange_heart
1F9E2 - billed_cap
1F9E3 - scarf
1F9E4 - gloves
1F9E5 - coat
1F9E6 - socks
1F9E7 - red_envelope
1F9E8 - firecracker
1F9E9 - jigsaw puzzle_piece
1F9EA - test_tube
1F9EB - petri_dish
1F9EC - dna
1F9ED - compass
1F9EE - abacus
1F9EF - fire_extinguisher
1F9F0 - toolbox
1F9F1 - bricks brick
1F9F2 - magnet
1F9F3 - luggage
1F9F4 - lotion_bottle
1F9F5 - thread
1F9F6 - yarn
1F9F7 - safety_pin
1F9F8 - teddy_bear
1F9F9 - broom
1F9FA - basket
1F9FB - roll_of_paper
1F9FC - soap
1F9FD - sponge
1F9FE - receipt
1F9FF - nazar_amulet
1FA70 - ballet_shoes
1FA71 - one_piece_swimsuit
1FA72 - briefs swim_brief
1FA73 - shorts
1FA74 - thong_sandal
1FA75 - light_blue_heart
1FA76 - grey_heart
1FA77 - pink_heart
1FA78 - drop_of_blood
1FA79 - adhesive_bandage
1FA7A - stethoscope
1FA7B - x_ray
1FA7C - crutch
1FA80 - yo_yo
1FA81 - kite
1FA82 - parachute
1FA83 - boomerang
1FA84 - magic_wand
1FA85 - pinata
1FA86 - nesting_dolls
1FA87 - maracas
1FA88 - flute
1FA89 - harp
1FA8A - trombone
1FA8B - meteor
1FA8C - eraser
1FA8D - net_with_handle
1FA8E - treasure_chest
1FA8F - shovel
1FA90 - ringed_planet
1FA91 - chair
1FA92 - razor
1FA93 - axe
1FA94 - diya_lamp
1FA95 - banjo
1FA96 - military_helmet
1FA97 - accordion
1FA98 - long_drum
1FA99 - coin
1FA9A - carpentry_saw
1FA9B - screwdriver
1FA9C - ladder
1FA9D - hook
1FA9E - mirror
1FA9F - window
1FAA0 - plunger
1FAA1 - sewing_needle
1FAA2 - knot
1FAA3 - bucket
1FAA4 - mouse_trap
1FAA5 - toothbrush
1FAA6 - headstone
1FAA7 - placard
1FAA8 - rock
1FAA9 - mirror_ball
1FAAA - identification_card
1FAAB - low_battery
1FAAC - hamsa
1FAAD - folding_hand_fan
1FAAE - hair_pick
1FAAF - khanda
1FAB0 - fly
1FAB1 - worm
1FAB2 - beetle
1FAB3 - cockroach
1FAB4 - potted_plant
1FAB5 - wood
1FAB6 - feather
1FAB7 - lotus
1FAB8 - coral
1FAB9 - empty_nest
1FABA - nest_with_eggs
1FABB - hyacinth
1FABC - jellyfish
1FABD - wing
1FABE - leafless_tree
1FABF - goose
1FAC0 - anatomical_heart
1FAC1 - lungs
1FAC2 - people_hugging
1FAC3 0 pregnant_man
1FAC4 0 pregnant_person
1FAC5 0 person_with_crown
1FAC6 - fingerprint
1FAC8 - hairy_creature
1FACC - monarch_butterfly
1FACD - orca
1FACE - moose
1FACF - donkey
1FAD0 - blueberries
1FAD1 - bell_pepper
1FAD2 - olive
1FAD3 - flatbread
1FAD4 - tamale
1FAD5 - fondue
1FAD6 - teapot
1FAD7 - pouring_liquid
1FAD8 - beans
1FAD9 - jar
1FADA - ginger_root
1FADB - pea_pod
1FADC - root_vegetable
1FADD - pickle
1FADF - splatter
1FAE0 - melting_face
1FAE1 - saluting_face
1FAE2 - face_with_open_eyes_and_hand_over_mouth
1FAE3 - face_with_peeking_eye
1FAE4 - face_with_diagonal_mouth
1FAE5 - dotted_line_face
1FAE6 - biting_lip
1FAE7 - bubbles
1FAE8 - shaking_face
1FAE9 - face_with_bags_under_eyes
1FAEA - distorted_face
1FAEB - cracking_face
1FAEF - fight_cloud
1FAF0 0 hand_with_index_finger_and_thumb_crossed
1FAF1 0 rightwards_hand
1FAF1-200D-1FAF2 02!
1FAF2 0 leftwards_hand
1FAF3 0 palm_down_hand
1FAF4 0 palm_up_hand
1FAF5 0 index_pointing_at_the_viewer
1FAF6 0 heart_hands
1FAF7 0 leftwards_pushing_hand
1FAF8 0 rightwards_pushing_hand
1FAF9 0 leftwards_thumb_sign
1FAFA 0 rightwards_thumb_sign
"""
}
